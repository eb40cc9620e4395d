"""What callers and the operator do with the posts of a desk."""

from collections.abc import Awaitable
from contextlib import suppress
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from letmepost.domain.errors import NotFound, StateForbids
from letmepost.services.accounts.disconnect import DISCONNECTED
from letmepost.services.idempotency import Answer, Idempotency
from letmepost.services.media.library import MediaLibrary
from letmepost.services.old_idempotency import OldIdempotency, Once
from letmepost.services.posts.accept import Acceptance
from letmepost.services.posts.change import Editing, PostChange
from letmepost.services.posts.inline_media import PostMedia
from letmepost.services.posts.requests import ContentRequest
from letmepost.services.posts.retry import Resolution, Retrying
from letmepost.services.posts.transition import PostMoves
from letmepost.services.posts.unpublish import Unpublishing
from letmepost.services.tenants import pauses
from letmepost.services.tenants.pauses import ForgottenPauses
from letmepost.storage.accounts.accounts import AccountRepository
from letmepost.storage.database import DEPLOYMENT
from letmepost.storage.posts.posts import PostRepository
from letmepost.storage.tenants.pauses import EveryTenantPauses, PauseSelector
from tests.services.desk import Desk
from tests.storage.support import CLOCK, KEYRING

T = TypeVar("T")


class Office:
    """A caller of the desk's tenant, and the deployment's operator."""

    def __init__(self, desk: Desk, library: MediaLibrary | None = None) -> None:
        """`library`: instead of the desk's own."""
        tools = desk.tools
        self._desk = desk
        self._caller = desk.owner.caller
        idempotency = OldIdempotency(tools.units, Idempotency(tools.units, KEYRING, CLOCK))
        media = PostMedia(tools.units, library or tools.library, tools.fetching)
        acceptance = Acceptance(units=tools.units, worlds=tools.worlds, media=media, idempotency=idempotency)
        moves = PostMoves(tools.units, idempotency)
        self._editing = Editing(units=tools.units, moves=moves, acceptance=acceptance, media=media)
        self._retrying = Retrying(moves, CLOCK)
        self._unpublishing = Unpublishing(units=tools.units, worlds=tools.worlds, idempotency=idempotency)
        self.forgotten_pauses = ForgottenPauses(tools.units, EveryTenantPauses(desk.owner.database))

    async def reschedule(self, post_id: UUID, at: datetime) -> bool:
        """Let it go out at another time; False when it cannot be changed any more."""
        return await _may(self._editing.change(self._caller, post_id, PostChange(scheduled_at=at), _anyhow()))

    async def rewrite(self, post_id: UUID, content: ContentRequest) -> bool:
        """Say something else; False when it cannot be changed any more."""
        return await _may(self._editing.change(self._caller, post_id, PostChange(content=content), _anyhow()))

    async def retry(self, post_id: UUID) -> bool:
        """Queue it again; False when it is not in such a state."""
        return await _may(self._retrying.retry(self._caller, post_id, None, _anyhow()))

    async def cancel(self, post_id: UUID) -> bool:
        """Let it not go out; False when it is too late for that."""
        return await _may(self._editing.cancel(self._caller, post_id, _anyhow()))

    async def resolve(self, post_id: UUID, *, is_published: bool) -> bool:
        """Say what became of it; False when that is known."""
        return await _may(
            self._retrying.resolve(self._caller, post_id, Resolution(is_published=is_published), _anyhow())
        )

    async def unpublish(self, post_id: UUID) -> bool:
        """Take it back; False when it cannot be taken back now."""
        return await _may(self._unpublishing.unpublish(self._caller, post_id, _anyhow()))

    async def pause(self) -> None:
        """Pause publishing everywhere."""
        tools = self._desk.tools
        async with tools.units.begin(DEPLOYMENT) as work:
            await pauses.pause(work, PauseSelector(), None, tools.worlds.platforms)

    async def resume(self) -> None:
        """End the pause, if there is one."""
        with suppress(NotFound):
            async with self._desk.tools.units.begin(DEPLOYMENT) as work:
                await pauses.resume(work, PauseSelector())

    async def disconnect(self) -> None:
        """Part from the account: what waits for it is held."""
        owner, account_id = self._desk.owner, self._desk.account_id
        async with owner.database.tenant(owner.tenant) as connection:
            await AccountRepository(connection, owner.tenant, KEYRING).disconnect(account_id, CLOCK.now())
            await PostRepository(connection, owner.tenant).hold_waiting(account_id, DISCONNECTED, CLOCK.now())


def _anyhow() -> Once[T]:
    return Once(None, lambda _: Answer(200, b"", {}))


async def _may(doing: Awaitable[Answer]) -> bool:
    try:
        await doing
    except StateForbids:
        return False
    return True
