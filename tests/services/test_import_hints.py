"""Media items by URL: the hint that they are to be fetched, right after the request that names them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from letmepost.domain.content import MediaKind
from letmepost.domain.schedules import Schedule
from letmepost.services.media.imports import FETCHED_WITHIN
from letmepost.services.posts import change, retry
from letmepost.services.posts.accept import Acceptance, new_batch
from letmepost.services.posts.change import Editing, PostChange
from letmepost.services.posts.inline_media import PostMedia
from letmepost.services.posts.requests import ContentRequest, MediaRequest, PostRequest, TargetRequest
from letmepost.services.work import UnitsOfWork
from tests.services.desk import Desk
from tests.storage.support import CLOCK, KEYRING, RecordedHints, fresh_id

BY_URL = ContentRequest(
    text="Look",
    media=(MediaRequest(kind=MediaKind.IMAGE, url="https://media.example/1.png"),),
    given=frozenset({"text", "media"}),
)


def tomorrow() -> Schedule:
    return Schedule(CLOCK.now() + timedelta(days=1))


class Author:
    """Creates and changes posts of a desk, and records the hints that workers receive."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._hints = RecordedHints()
        self.units = UnitsOfWork(desk.owner.database, KEYRING, CLOCK, self._hints)
        media = PostMedia(self.units, desk.tools.library, desk.tools.fetching)
        self._acceptance = Acceptance(units=self.units, worlds=desk.tools.worlds, media=media)
        self.editing = Editing(self._acceptance, media)

    def hints(self) -> list[str]:
        """Return the hints since the last call."""
        received, self._hints.received = self._hints.received, []
        return received

    async def post(self, content: ContentRequest = BY_URL, **request: Any) -> tuple[UUID, UUID]:
        """Accept a post, and return the ids of its batch and of itself."""
        target = TargetRequest(account_id=self._desk.account_id, platform=None, content=ContentRequest())
        wanted = PostRequest(targets=[target], content=content, **request)
        async with self.units.begin(self._desk.owner.caller) as work:
            composed = await self._acceptance.compose(work, wanted, {})
            batch = new_batch(fresh_id(), wanted, composed.posts, request_id="req_1", now=work.now())
            stored = await self._acceptance.store(work, wanted, batch, composed, {})
        return stored.id, stored.posts[0].id

    async def let_the_fetch_fail(self) -> None:
        await self._desk.admin.do("UPDATE media SET status = 'failed'")


@pytest.fixture
def author(desk: Desk) -> Author:
    return Author(desk)


async def test_media_of_a_scheduled_post_and_of_a_draft_are_to_be_fetched(author: Author) -> None:
    await author.post(schedule=tomorrow())
    assert author.hints() == ["events written", "media waiting"]
    await author.post(is_draft=True)
    assert author.hints() == ["media waiting"]


async def test_media_of_an_immediate_post_are_fetched_by_its_attempt(author: Author) -> None:
    await author.post()
    assert author.hints() == ["post due"]


async def test_post_without_media_by_url_sends_no_hint(author: Author) -> None:
    await author.post(ContentRequest(text="Look"), schedule=tomorrow())
    assert author.hints() == ["events written"]


async def test_media_of_a_changed_post_are_to_be_fetched(author: Author, desk: Desk) -> None:
    _, post_id = await author.post(ContentRequest(text="Look"), schedule=tomorrow())
    author.hints()
    async with author.units.begin(desk.owner.caller) as work:
        await author.editing.change(work, post_id, PostChange(content=BY_URL))
    assert author.hints() == ["post due", "media waiting"]


@pytest.mark.parametrize(("is_later", "hints"), [(True, ["post due", "media waiting"]), (False, ["post due"])])
async def test_failed_media_of_a_retried_post_are_to_be_fetched_again(
    author: Author, desk: Desk, *, is_later: bool, hints: list[str]
) -> None:
    batch_id, post_id = await author.post(is_draft=True)
    at = tomorrow() if is_later else None
    await author.let_the_fetch_fail()
    author.hints()
    async with author.units.begin(desk.owner.caller) as work:
        await change.publish_batch(work, batch_id, at)
    assert author.hints() == hints
    await desk.admin.do("UPDATE posts SET status = 'rejected', ready_at = NULL")
    await author.let_the_fetch_fail()
    async with author.units.begin(desk.owner.caller) as work:
        await retry.retry(work, post_id, at)
    assert author.hints() == hints


async def test_fetch_of_a_lost_worker_is_begun_again_after_its_time(author: Author, desk: Desk) -> None:
    await author.post(schedule=tomorrow())
    media_id, now = await desk.admin.one("SELECT id FROM media"), CLOCK.now()
    async with author.units.begin(desk.owner.tenant) as work:
        begun = [
            await work.media.begin_fetch(media_id, at, at + FETCHED_WITHIN)
            for at in (now, now + FETCHED_WITHIN / 2, now + FETCHED_WITHIN)
        ]
    assert begun == [True, False, True]
