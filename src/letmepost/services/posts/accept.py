"""Accepts posts: checks them against every rule, and stores all of a request or nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.accounts import AccountStatus
from letmepost.domain.content import MediaFacts
from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.schedules import Schedule
from letmepost.gateways.clock import Clock
from letmepost.services.callers import Caller
from letmepost.services.events import post_event, timestamp
from letmepost.services.media.library import StoredBytes
from letmepost.services.platform_access import Worlds
from letmepost.services.posts.compose import Composed, Composer, JudgedTarget
from letmepost.services.posts.inline_media import PostMedia, media_of
from letmepost.services.posts.requests import ContentRequest, PostRequest, TargetRequest
from letmepost.services.posts.targets import check_default_options, option_media_ids, resolve_targets
from letmepost.services.tenants import quotas
from letmepost.services.work import UnitsOfWork, Work
from letmepost.storage.accounts.accounts import AccountRow
from letmepost.storage.media.media import MediaRow
from letmepost.storage.posts.batches import BatchRow, NewBatch, NewPost
from letmepost.storage.posts.contents import fit_of, on_unsupported
from letmepost.storage.posts.posts import PostRow
from letmepost.storage.webhooks.events import NewEvent

HORIZON = timedelta(days=366)
SOONEST = timedelta(seconds=1)
SOON = timedelta(seconds=5)
"""Posts that are due later are found by a worker's sweep in time, so workers are not woken for them."""


REUSED_IF_KEPT_FOR = timedelta(hours=1)
"""A converted image that expires earlier is not used again, because a request takes several transactions."""


class Acceptance:
    """Turns requests into posts."""

    def __init__(self, *, units: UnitsOfWork, worlds: Worlds, media: PostMedia) -> None:
        self._units = units
        self._worlds = worlds
        self._media = media

    async def examine(self, caller: Caller, request: PostRequest) -> dict[int, MediaFacts]:
        """Return the facts of the files in the request, by identity of its items. No transaction may be open.

        Raises:
            InvalidRequest: a file or a URL cannot be used.
        """
        return await self._media.examine(caller, contents_of(request))

    async def compose(self, work: Work, request: PostRequest, facts: Mapping[int, MediaFacts]) -> Composed:
        """Check every target against every rule. Change nothing.

        Raises:
            InvalidRequest, NotFound, PreflightFailed: the request is invalid.
        """
        composer, accounts = await self._composer(work, request, facts)
        return await composer.compose(request, accounts)

    async def store(
        self,
        work: Work,
        request: PostRequest,
        batch: NewBatch,
        composed: Composed,
        stored_bytes: Mapping[UUID, StoredBytes],
    ) -> BatchRow:
        """Store a composed batch with its media, quotas and events.

        Args:
            stored_bytes: the files of the request in the blob store, by the id of their media item.

        Raises:
            StateForbids: a post is a duplicate, and the request does not allow duplicates.
            NotFound: `media.unknown`: a media item was deleted in the meantime.
            QuotaExceeded: a quota has no room for the posts.
        """
        now = work.now()
        await _reject_duplicates(work, request, batch, now)
        await self._media.record(work, composed, stored_bytes)
        if not batch.is_draft:
            await quotas.move(work, new=[(post.account_id, batch.due_at) for post in batch.posts])
        stored = await work.batches.create(batch, now)
        if batch.is_scheduled:
            await work.emit(*_queued_events(work.clock, stored.posts))
        if not batch.is_draft and batch.due_at < now + SOON:
            work.wake_workers()
        elif _needs_fetching(composed):
            work.fetch_media_soon()
        return stored

    async def recompose(self, work: Work, post: PostRow, content: ContentRequest, stored: Mapping[str, Any]) -> NewPost:
        """Check new content of a post as for a new post, and record the media items that it names by URL.

        Args:
            content: the content as `PostMedia.store_files` returns it.
            stored: the stored content that it replaces. The author's choices in it still apply.

        Raises:
            InvalidRequest, NotFound, PreflightFailed: the content is invalid.
        """
        target = TargetRequest(account_id=post.account_id, platform=None, content=content, fit=fit_of(stored))
        request = PostRequest(
            targets=[target],
            content=ContentRequest(),
            on_unsupported=on_unsupported(stored),
            schedule=Schedule(post.due_at),
        )
        composed = await self.compose(work, request, {})
        await self._media.record(work, composed, {})
        if _needs_fetching(composed):
            work.fetch_media_soon()
        return composed.posts[0]

    async def validate(self, caller: Caller, request: PostRequest) -> list[JudgedTarget]:
        """Return the preflight result of every target. Store and send nothing.

        Raises:
            InvalidRequest, NotFound: the request is invalid, so no platform rule was checked.
        """
        facts = await self.examine(caller, request)
        async with self._units.begin(caller) as work:
            composer, accounts = await self._composer(work, request, facts)
        check_schedule(request.schedule, self._units.clock.now())
        return await composer.judge(request, accounts)

    async def _composer(
        self, work: Work, request: PostRequest, facts: Mapping[int, MediaFacts]
    ) -> tuple[Composer, list[AccountRow]]:
        """Resolve the targets and media items of a request."""
        caller = work.caller
        profile_id = caller.narrow(request.profile_id)
        account_ids = {target.account_id for target in request.targets if target.account_id is not None}
        names = {target.platform for target in request.targets if target.platform and not target.account_id}
        found = await work.accounts.list_candidates(account_ids, names, profile_id)
        accounts = resolve_targets(request, found, self._worlds.platforms)
        check_default_options(request, {account.platform for account in accounts}, self._worlds)
        wanted = _named_media(request) | option_media_ids(request, accounts, self._worlds)
        known = await work.media.find_many(wanted) if wanted else {}
        derived = await _converted_before(work, known) if known and _has_fit(request) else []
        for index, account in enumerate(accounts):
            _check_account(index, account, is_now=request.schedule is None and not request.is_draft)
        can_fetch = self._worlds.can_fetch_media(caller.mode)
        return Composer(self._worlds, work.clock, known, derived, facts, can_fetch), accounts


def _needs_fetching(composed: Composed) -> bool:
    return bool(composed.derived) or any(item.url is not None for item in composed.media)


async def _reject_duplicates(work: Work, request: PostRequest, batch: NewBatch, now: datetime) -> None:
    if request.refuse_duplicates_within_s <= 0:
        return
    since = now - timedelta(seconds=request.refuse_duplicates_within_s)
    for post in batch.posts:
        earlier = await work.batches.find_duplicate(post, since)
        if earlier is not None:
            post_id = format_id(Prefix.POST, earlier)
            raise refusals.posts.DUPLICATE_CONTENT(post_id=post_id, platform=post.platform, detail={"postId": post_id})


def new_batch(
    batch_id: UUID, request: PostRequest, posts: Sequence[NewPost], *, request_id: str, now: datetime
) -> NewBatch:
    """Return the batch of a request."""
    schedule = request.schedule
    return NewBatch(
        id=batch_id,
        request_id=request_id,
        is_scheduled=schedule is not None,
        is_draft=request.is_draft,
        due_at=now if schedule is None else schedule.instant,
        wall_time=None if schedule is None else schedule.stored_wall_time,
        late_within_s=None if request.late is None else request.late.within_s,
        late_then=None if request.late is None else request.late.then,
        metadata=request.metadata,
        posts=posts,
    )


def _queued_events(clock: Clock, posts: Sequence[PostRow]) -> list[NewEvent]:
    """Return the events of queued posts. `post.validated` is for clients that know only the older name."""
    return [post_event(clock, name, post) for post in posts for name in ("post.queued", "post.validated")]


def check_schedule(schedule: Schedule | None, now: datetime) -> None:
    """Reject a time that is in the past or too far in the future.

    Raises:
        InvalidRequest: `scheduledAt.future`, `scheduledAt.horizon`.
    """
    if schedule is None:
        return
    at, field = schedule.instant, schedule.field
    if at < now + SOONEST:
        raise refusals.posts.SCHEDULED_AT_FUTURE(field=field, given=timestamp(at), now=timestamp(now))
    if at > now + HORIZON:
        raise refusals.posts.SCHEDULED_AT_HORIZON(field=field, max_days=HORIZON.days)


def _check_account(index: int, account: AccountRow, *, is_now: bool) -> None:
    if account.status == AccountStatus.REAUTH_REQUIRED and is_now:
        raise refusals.accounts.REAUTH_REQUIRED(
            field=f"targets[{index}]", account_id=format_id(Prefix.ACCOUNT, account.id), platform=account.platform
        )


def contents_of(request: PostRequest) -> dict[str, ContentRequest]:
    """Return the contents of a request, by their paths."""
    return {"": request.content} | {
        f"targets[{index}].": target.content for index, target in enumerate(request.targets)
    }


async def _converted_before(work: Work, known: Mapping[UUID, MediaRow]) -> list[MediaRow]:
    """Return what was converted from media items earlier, and lasts until this request has used it."""
    hashes = [row.sha256 for row in known.values() if row.sha256 is not None]
    return await work.media.find_derived(list(known), hashes, work.now() + REUSED_IF_KEPT_FOR)


def _has_fit(request: PostRequest) -> bool:
    items = media_of(list(contents_of(request).values()))
    return any(target.fit for target in request.targets) or any(item.fit for item in items)


def _named_media(request: PostRequest) -> set[UUID]:
    return {item.media_id for item in media_of(list(contents_of(request).values())) if item.media_id is not None}
