"""Platforms that fetch media items: the URLs that they receive, and the access that these give."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from letmepost.domain.api_keys import Mode
from letmepost.domain.content import MediaItem, MediaKind, PostContent
from letmepost.domain.errors import NotFound
from letmepost.domain.flow import Flow, Live
from letmepost.domain.ids import Prefix, format_id
from letmepost.gateways.http_client import HTTPClient
from letmepost.gateways.metrics import Metrics
from letmepost.platforms.contract import ReadyPost
from letmepost.services.media.downloads import USER_AGENT_MAX_CHARS, Downloads, Reader, reader_of
from letmepost.services.media.links import PULLABLE_FOR, MediaLinks
from letmepost.services.platform_access import Worlds
from letmepost.services.posts.compose import Composer
from letmepost.services.posts.requests import ContentRequest, MediaRequest, PostRequest, TargetRequest
from letmepost.storage.media.media import MediaRepository
from letmepost.storage.media.reads import FIRST_READS_MAX
from tests.doubles.clock import SteppedClock
from tests.doubles.faults import Way
from tests.doubles.platform import make_platform, publish
from tests.http.support import png
from tests.services.desk import Desk, working
from tests.services.network import Network
from tests.storage.support import CLOCK, KEYRING, PLATFORM, Admin, Owner, fresh_id

READER = Reader("GET", "crawler/1.0")


class Counting(Metrics):
    """Lists the status and the length of each fetch of a media item."""

    def __init__(self) -> None:
        self.pulls: list[tuple[int, int]] = []

    def media_pulled(self, status: int, sent_bytes: int) -> None:
        self.pulls.append((status, sent_bytes))


def downloads_of(desk: Desk, metrics: Metrics | None = None, links: MediaLinks | None = None) -> Downloads:
    """Return the downloads of a desk's media items."""
    tools = desk.tools
    return Downloads(units=tools.units, library=tools.library, links=links or tools.links, metrics=metrics or Metrics())


async def media_item(desk: Desk) -> MediaItem:
    """Return a stored picture."""
    owner, media_id = desk.owner, fresh_id()

    async def chunks() -> AsyncIterator[bytes]:
        yield png()

    stored = await desk.tools.library.store(owner.tenant, media_id, chunks())
    async with owner.database.tenant(owner.tenant) as connection:
        media = MediaRepository(connection, owner.tenant)
        await media.create_ready(media_id, owner.profile_id, stored.facts, stored.sha256, now=CLOCK.now())
    return MediaItem(kind=MediaKind.IMAGE, media_id=media_id)


async def test_platform_can_fetch_media_until_the_post_has_ended(
    owner: Owner, network: Network, admin: Admin, http: HTTPClient, redis_url: str, tmp_path: Path
) -> None:
    seen_urls: list[Mapping[str, str]] = []

    def look(post: ReadyPost, settings: object) -> Flow[None]:
        seen_urls.append(post.media_urls)
        return publish(post, settings)

    async with working(owner, network, admin, http, redis_url, tmp_path, publish=look, pulls_media=True) as desk:
        item = await media_item(desk)
        network.ways = [Way.AWAY]
        post_id = await desk.post(content=PostContent(text="Look", media=(item,)))
        assert (await desk.publish())["status"] == "retrying"
        [(name, url)] = seen_urls[0].items()
        assert name == format_id(Prefix.MEDIA, item.media_id)
        metrics = Counting()
        downloads = downloads_of(desk, metrics)
        found = await downloads.find(url.rpartition("/")[2], READER)
        assert [chunk async for chunk in await downloads.open(found, 1, 2)] == [png()[1:3]]
        await downloads.record(found, 206, 2)
        assert metrics.pulls == [(206, 2)]
        await desk.let_time_pass()
        assert (await desk.publish())["status"] == "published"
        assert seen_urls[1] == seen_urls[0]
        with pytest.raises(NotFound):
            await downloads.find(url.rpartition("/")[2], READER)
        assert metrics.pulls == [(206, 2), (404, 0)]
        assert await read_entries(desk, post_id) == [("GET", 206, 2, "crawler/1.0"), ("GET", 404, 0, "crawler/1.0")]


async def frozen(desk: Desk, post_id: UUID) -> datetime:
    """Freeze the requests of a post, as its first attempt does, and return when."""
    frozen_at = CLOCK.now()
    await desk.admin.do("UPDATE post_revisions SET frozen_at = $2 WHERE post_id = $1", post_id, frozen_at)
    return frozen_at


async def read_entries(desk: Desk, post_id: UUID) -> list[tuple[str, int, int, str]]:
    """Return the reads of a post's media items, one by one."""
    async with desk.tools.units.begin(desk.owner.tenant) as work:
        found = await work.media_reads.list_of_post(post_id)
    return [(one.method, one.status, one.sent_bytes, one.user_agent) for reads in found for one in reads.first]


async def test_url_gives_access_only_to_the_media_of_its_post(desk: Desk) -> None:
    mine, other = await media_item(desk), await media_item(desk)
    post_id = await desk.post(content=PostContent(text="Look", media=(mine,)))
    downloads, frozen_at = downloads_of(desk), await frozen(desk, post_id)

    async def find(media_id: UUID, of_post: UUID) -> None:
        url = desk.tools.links.to_pull(desk.owner.tenant, media_id, of_post, frozen_at)
        await downloads.find(url.rpartition("/")[2], READER)

    await find(mine.media_id, post_id)
    for media_id, of_post in ((other.media_id, post_id), (mine.media_id, fresh_id()), (fresh_id(), post_id)):
        with pytest.raises(NotFound):
            await find(media_id, of_post)


async def test_url_of_a_send_stops_working_when_the_send_ends(desk: Desk) -> None:
    downloads = downloads_of(desk)
    for name, change in {
        "canceled": "UPDATE posts SET status = 'canceled', ready_at = NULL WHERE id = $1",
        "failed": "UPDATE posts SET status = 'failed', ready_at = NULL WHERE id = $1",
        "published": "UPDATE posts SET status = 'published', ready_at = NULL WHERE id = $1",
        "rewritten": "UPDATE posts SET revision = 2 WHERE id = $1",
        "rescheduled": "UPDATE post_revisions SET frozen_at = NULL WHERE post_id = $1",
        "retried": "UPDATE post_revisions SET frozen_at = frozen_at + interval '1 microsecond' WHERE post_id = $1",
        "removed": "DELETE FROM media_uses WHERE post_id = $1",
        "deleted": "UPDATE media SET status = 'deleted' FROM media_uses WHERE id = media_id AND post_id = $1",
    }.items():
        item = await media_item(desk)
        post_id = await desk.post(content=PostContent(text="Look", media=(item,)))
        url = desk.tools.links.to_pull(desk.owner.tenant, item.media_id, post_id, await frozen(desk, post_id))
        assert (await downloads.find(url.rpartition("/")[2], READER)).is_pulled
        await desk.admin.do(change, post_id)
        with pytest.raises(NotFound):
            await downloads.find(url.rpartition("/")[2], READER)
        assert await read_entries(desk, post_id) == [("GET", 404, 0, "crawler/1.0")], name


async def test_expired_url_is_not_found_and_not_recorded(desk: Desk) -> None:
    item = await media_item(desk)
    post_id = await desk.post(content=PostContent(text="Look", media=(item,)))
    url = desk.tools.links.to_pull(desk.owner.tenant, item.media_id, post_id, await frozen(desk, post_id))
    later = SteppedClock()
    later.advance((CLOCK.now() - later.now() + 2 * PULLABLE_FOR).total_seconds())
    downloads = downloads_of(desk, links=MediaLinks(KEYRING, later, "https://api.example.com"))
    with pytest.raises(NotFound):
        await downloads.find(url.rpartition("/")[2], READER)
    assert await read_entries(desk, post_id) == []


async def test_first_reads_are_recorded_and_the_others_are_counted(desk: Desk) -> None:
    item = await media_item(desk)
    post_id = await desk.post(content=PostContent(text="Look", media=(item,)))
    url = desk.tools.links.to_pull(desk.owner.tenant, item.media_id, post_id, await frozen(desk, post_id))
    downloads = downloads_of(desk)
    found = await downloads.find(url.rpartition("/")[2], READER)
    await asyncio.gather(*(downloads.record(found, 206, number) for number in range(FIRST_READS_MAX + 5)))
    async with desk.tools.units.begin(desk.owner.tenant) as work:
        [reads] = await work.media_reads.list_of_post(post_id)
    assert (reads.count, len(reads.first)) == (FIRST_READS_MAX + 5, FIRST_READS_MAX)


async def test_read_of_a_deleted_post_is_not_recorded(desk: Desk) -> None:
    item = await media_item(desk)
    post_id = await desk.post(content=PostContent(text="Look", media=(item,)))
    url = desk.tools.links.to_pull(desk.owner.tenant, item.media_id, post_id, await frozen(desk, post_id))
    downloads = downloads_of(desk)
    found = await downloads.find(url.rpartition("/")[2], READER)
    await downloads.record(found, 200, 5)
    await desk.admin.do("DELETE FROM posts")
    await downloads.record(found, 200, 5)
    assert await desk.admin.one("SELECT count(*) FROM media_reads") == 0


def test_user_agent_is_shortened_and_has_no_control_characters() -> None:
    assert reader_of("GET", "bot\0\x1b[1m/1 " + "a" * 500).user_agent == "bot[1m/1 " + "a" * (USER_AGENT_MAX_CHARS - 9)


async def test_platform_cannot_pull_media_of_a_deleted_organization(desk: Desk) -> None:
    """A worker may still have the post."""
    item = await media_item(desk)
    post_id = await desk.post(content=PostContent(text="Look", media=(item,)))
    downloads = downloads_of(desk)
    url = desk.tools.links.to_pull(desk.owner.tenant, item.media_id, post_id, await frozen(desk, post_id))
    await downloads.find(url.rpartition("/")[2], READER)
    organization_id = desk.owner.tenant.organization_id
    await desk.admin.do("UPDATE organizations SET deleted_at = now() WHERE id = $1", organization_id)
    with pytest.raises(NotFound):
        await downloads.find(url.rpartition("/")[2], READER)


async def test_platform_that_receives_bytes_gets_no_url(
    owner: Owner, network: Network, admin: Admin, http: HTTPClient, redis_url: str, tmp_path: Path
) -> None:
    def look(post: ReadyPost, _settings: object) -> Flow[None]:
        yield Live(uri=f"{len(post.media_urls)} addresses")

    async with working(owner, network, admin, http, redis_url, tmp_path, publish=look) as desk:
        await desk.post(content=PostContent(text="Look", media=(await media_item(desk),)))
        assert (await desk.publish())["uri"] == "0 addresses"


@pytest.mark.parametrize(
    ("changes", "can_fetch", "has_media", "rules"),
    [
        ({"pulls_media": True}, False, True, ["media.public_url.required"]),
        ({"pulls_media": True, "pulled_kinds": {MediaKind.VIDEO}}, False, True, []),
        ({"pulls_media": True}, False, False, []),
        ({"pulls_media": True}, True, True, []),
        ({"pulls_media": False}, False, True, []),
    ],
)
async def test_post_with_media_is_rejected_when_the_platform_cannot_fetch(
    desk: Desk, http: HTTPClient, *, changes: dict[str, Any], can_fetch: bool, has_media: bool, rules: list[str]
) -> None:
    tools, tenant = desk.tools, desk.owner.tenant
    media_id = (await media_item(desk)).media_id
    async with tools.units.begin(tenant) as work:
        account = await work.accounts.find(desk.account_id)
        known = await work.media.find_many([media_id])
    assert account is not None
    worlds = Worlds(
        platforms={PLATFORM: make_platform(**changes)},
        settings={},
        live_http=http,
    )
    media = [MediaRequest(kind=MediaKind.IMAGE, media_id=media_id)] if has_media else []
    target = TargetRequest(account_id=account.id, platform=None, content=ContentRequest())
    request = PostRequest(targets=[target], content=ContentRequest(text="Look", media=media))
    [judged] = await Composer(worlds, CLOCK, known, [], {}, can_fetch=can_fetch).judge(request, [account])
    assert [violation.rule for violation in judged.violations] == rules


def test_only_simulators_need_no_public_url(http: HTTPClient) -> None:
    for is_public in (True, False):
        worlds = Worlds(platforms={}, settings={}, live_http=http, is_public=is_public)
        assert worlds.can_fetch_media(Mode.TEST)
        assert worlds.can_fetch_media(Mode.LIVE) is is_public
