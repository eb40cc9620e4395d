"""Reading posts back."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from letmepost.domain.errors import NotFound
from letmepost.domain.lateness import Lateness
from letmepost.gateways.clock import Clock
from letmepost.services.callers import Caller
from letmepost.services.posts.lateness import find_lateness
from letmepost.services.work import Work
from letmepost.storage.database import Connection, Database
from letmepost.storage.posts.batches import BatchRepository, BatchRow
from letmepost.storage.posts.posts import AttemptRow, PostFilter, PostRepository, PostView


@dataclass(frozen=True, slots=True)
class PostDetail:
    """A post with every try, and how late it is."""

    view: PostView
    attempts: Sequence[AttemptRow]
    lateness: Lateness | None


class Posts:
    """Posts of the caller's world."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def get(self, caller: Caller, post_id: UUID) -> PostDetail:
        """One post with its attempts.

        Raises:
            NotFound: there is none that the caller can see.
        """
        async with self._database.tenant(caller.tenant) as connection:
            view = await visible_post(connection, caller, post_id)
            has_been_tried = view.post.attempt_count > 0
            attempts = await PostRepository(connection, caller.tenant).list_attempts(post_id) if has_been_tried else ()
            lateness = await find_lateness(connection, caller.tenant, view.post, attempts, self._clock.now())
            return PostDetail(view, attempts, lateness)

    async def list_page(self, caller: Caller, wanted: PostFilter, *, before: UUID | None, limit: int) -> list[PostView]:
        """Posts that the caller can see, newest first."""
        async with self._database.tenant(caller.tenant) as connection:
            return await PostRepository(connection, caller.tenant).list_page(wanted, before=before, limit=limit)

    async def get_batch(self, caller: Caller, batch_id: UUID) -> BatchRow:
        """One batch with its posts; a profile's key sees only batches that are all of its profile.

        Raises:
            NotFound: there is none that the caller can see.
        """
        async with self._database.tenant(caller.tenant) as connection:
            return await visible_batch(connection, caller, batch_id)


async def visible_post(connection: Connection, caller: Caller, post_id: UUID) -> PostView:
    """A post as it is by now.

    Raises:
        NotFound: there is none that the caller can see.
    """
    view = await PostRepository(connection, caller.tenant).find(post_id)
    if view is None or caller.profile_id not in {None, view.post.profile_id}:
        raise NotFound("post")
    return view


async def visible_batch(connection: Connection, caller: Caller, batch_id: UUID) -> BatchRow:
    """A batch as it is by now; a profile's key sees only those that are all of its profile.

    Raises:
        NotFound: there is none that the caller can see.
    """
    batch = await BatchRepository(connection, caller.tenant).find(batch_id)
    if batch is None or any(caller.profile_id not in {None, post.profile_id} for post in batch.posts):
        raise NotFound("batch")
    return batch


async def get(work: Work, post_id: UUID) -> PostView:
    """Return a post as it is now.

    Raises:
        NotFound: the caller sees no such post.
    """
    view = await work.posts.find(post_id)
    if view is None or work.caller.profile_id not in {None, view.post.profile_id}:
        raise NotFound("post")
    return view


async def get_batch(work: Work, batch_id: UUID) -> BatchRow:
    """Return a batch as it is now. A profile's key sees only those that belong to its profile alone.

    Raises:
        NotFound: the caller sees no such batch.
    """
    batch = await work.batches.find(batch_id)
    if batch is None or any(work.caller.profile_id not in {None, post.profile_id} for post in batch.posts):
        raise NotFound("batch")
    return batch
