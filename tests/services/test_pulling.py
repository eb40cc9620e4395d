"""Platforms that fetch media items: the URLs that they receive, and the access that these give."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
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
from letmepost.services.media.downloads import Downloads
from letmepost.services.platform_access import Worlds
from letmepost.services.posts.compose import Composer
from letmepost.services.posts.requests import ContentRequest, MediaRequest, PostRequest, TargetRequest
from letmepost.storage.media.media import MediaRepository
from tests.doubles.platform import make_platform, publish
from tests.http.support import png
from tests.services.desk import Desk, working
from tests.services.network import Network, Way
from tests.storage.support import CLOCK, PLATFORM, Admin, Owner, fresh_id


class Counting(Metrics):
    """Counts how often media items were fetched."""

    def __init__(self) -> None:
        self.pulls = 0

    def media_pulled(self) -> None:
        self.pulls += 1


def downloads_of(desk: Desk, metrics: Metrics | None = None) -> Downloads:
    """Return the downloads of a desk's media items."""
    tools = desk.tools
    return Downloads(units=tools.units, library=tools.library, links=tools.links, metrics=metrics or Metrics())


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
        await desk.post(content=PostContent(text="Look", media=(item,)))
        assert (await desk.publish())["status"] == "retrying"
        [(name, url)] = seen_urls[0].items()
        assert name == format_id(Prefix.MEDIA, item.media_id)
        metrics = Counting()
        downloads = downloads_of(desk, metrics)
        found = await downloads.find(url.rpartition("/")[2])
        assert [chunk async for chunk in await downloads.open(found, 1, 2)] == [png()[1:3]]
        assert metrics.pulls == 1
        await desk.let_time_pass()
        assert (await desk.publish())["status"] == "published"
        assert seen_urls[1] == seen_urls[0]
        with pytest.raises(NotFound):
            await downloads.find(url.rpartition("/")[2])
        assert metrics.pulls == 1


async def test_url_gives_access_only_to_the_media_of_its_post(desk: Desk) -> None:
    mine, other = await media_item(desk), await media_item(desk)
    post_id = await desk.post(content=PostContent(text="Look", media=(mine,)))
    downloads = downloads_of(desk)

    async def find(media_id: UUID, of_post: UUID) -> None:
        url = desk.tools.links.to_pull(desk.owner.tenant, media_id, of_post, CLOCK.now())
        await downloads.find(url.rpartition("/")[2])

    await find(mine.media_id, post_id)
    for media_id, of_post in ((other.media_id, post_id), (mine.media_id, fresh_id()), (fresh_id(), post_id)):
        with pytest.raises(NotFound):
            await find(media_id, of_post)


async def test_platform_cannot_pull_media_of_a_deleted_organization(desk: Desk) -> None:
    """A worker may still have the post."""
    item = await media_item(desk)
    post_id = await desk.post(content=PostContent(text="Look", media=(item,)))
    downloads = downloads_of(desk)
    url = desk.tools.links.to_pull(desk.owner.tenant, item.media_id, post_id, CLOCK.now())
    await downloads.find(url.rpartition("/")[2])
    organization_id = desk.owner.tenant.organization_id
    await desk.admin.do("UPDATE organizations SET deleted_at = now() WHERE id = $1", organization_id)
    with pytest.raises(NotFound):
        await downloads.find(url.rpartition("/")[2])


async def test_platform_that_receives_bytes_gets_no_url(
    owner: Owner, network: Network, admin: Admin, http: HTTPClient, redis_url: str, tmp_path: Path
) -> None:
    def look(post: ReadyPost, _settings: object) -> Flow[None]:
        yield Live(uri=f"{len(post.media_urls)} addresses")

    async with working(owner, network, admin, http, redis_url, tmp_path, publish=look) as desk:
        await desk.post(content=PostContent(text="Look", media=(await media_item(desk),)))
        assert (await desk.publish())["uri"] == "0 addresses"


@pytest.mark.parametrize(
    ("pulls_media", "can_fetch", "has_media", "rules"),
    [
        (True, False, True, ["media.public_url.required"]),
        (True, False, False, []),
        (True, True, True, []),
        (False, False, True, []),
    ],
)
async def test_post_with_media_is_rejected_when_the_platform_cannot_fetch(
    desk: Desk, http: HTTPClient, *, pulls_media: bool, can_fetch: bool, has_media: bool, rules: list[str]
) -> None:
    tools, tenant = desk.tools, desk.owner.tenant
    media_id = (await media_item(desk)).media_id
    async with tools.units.begin(tenant) as work:
        account = await work.accounts.find(desk.account_id)
        known = await work.media.find_many([media_id])
    assert account is not None
    worlds = Worlds(
        platforms={PLATFORM: make_platform(pulls_media=pulls_media)},
        settings={},
        live_http=http,
    )
    media = [MediaRequest(kind=MediaKind.IMAGE, media_id=media_id)] if has_media else []
    target = TargetRequest(account_id=account.id, platform=None, content=ContentRequest())
    request = PostRequest(targets=[target], content=ContentRequest(text="Look", media=media))
    [judged] = await Composer(worlds, CLOCK, known, {}, can_fetch=can_fetch).judge(request, [account])
    assert [violation.rule for violation in judged.violations] == rules


def test_only_simulators_need_no_public_url(http: HTTPClient) -> None:
    for is_public in (True, False):
        worlds = Worlds(platforms={}, settings={}, live_http=http, is_public=is_public)
        assert worlds.can_fetch_media(Mode.TEST)
        assert worlds.can_fetch_media(Mode.LIVE) is is_public
