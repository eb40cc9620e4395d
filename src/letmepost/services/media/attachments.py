"""Media as their owners see them: uploaded, imported, listed, deleted."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from letmepost.domain.errors import NotFound, SendFailure, StateForbids
from letmepost.domain.media import MediaStatus
from letmepost.gateways.clock import Clock
from letmepost.services.callers import Caller, new_id
from letmepost.services.idempotency import Answer
from letmepost.services.media.expiry import MediaExpiry
from letmepost.services.media.fetch import MediaFetching, unreachable
from letmepost.services.media.library import MediaLibrary, StoredBytes
from letmepost.services.old_idempotency import OldIdempotency, Once
from letmepost.services.tenants.quotas import OldQuotas
from letmepost.storage.database import Connection, Database
from letmepost.storage.media.media import MediaRepository, MediaRow
from letmepost.storage.tenants.profiles import ProfileRepository


class Attachments:
    """Media of the caller's world."""

    def __init__(
        self,
        *,
        database: Database,
        library: MediaLibrary,
        fetching: MediaFetching,
        expiry: MediaExpiry,
        clock: Clock,
        idempotency: OldIdempotency,
        quotas: OldQuotas,
    ) -> None:
        self._database = database
        self._library = library
        self._fetching = fetching
        self._expiry = expiry
        self._clock = clock
        self._idempotency = idempotency
        self._quotas = quotas

    async def upload(
        self,
        caller: Caller,
        chunks: AsyncIterator[bytes],
        filename: str | None,
        profile_id: UUID | None,
        once: Once[MediaRow],
    ) -> Answer:
        """Take in a file of the request.

        Raises:
            InvalidRequest: it is empty, or nothing that we know.
            TooLarge: it is over 200 MiB.
            NotFound: there is no such profile.
        """
        profile_id = caller.narrow(profile_id)
        media_id = new_id(self._clock)
        stored = await self._library.store(caller.tenant, media_id, chunks)
        return await self._add(caller, media_id, stored, profile_id, once, filename=filename)

    async def import_url(self, caller: Caller, url: str, profile_id: UUID | None, once: Once[MediaRow]) -> Answer:
        """Take in what a URL answers with.

        Raises:
            InvalidRequest, TooLarge: it is nothing that we take, or cannot be reached, or may not be called.
            NotFound: there is no such profile.
        """
        profile_id = caller.narrow(profile_id)
        media_id = new_id(self._clock)
        try:
            stored = await self._fetching.download(caller.tenant, self._library.own_name(media_id), url)
        except SendFailure as failure:
            raise unreachable(str(failure)) from failure
        return await self._add(caller, media_id, stored, profile_id, once, source_url=url)

    async def list_page(
        self, caller: Caller, profile_ids: Sequence[UUID], *, before: UUID | None, limit: int
    ) -> list[MediaRow]:
        """Return media that the caller can see, newest first, below `before`; only of the profiles if there are any.

        Raises:
            InvalidRequest: the key belongs to another profile than a requested one.
        """
        for profile_id in profile_ids:
            caller.narrow(profile_id)
        visible = profile_ids if caller.profile_id is None else [caller.profile_id]
        async with self._database.tenant(caller.tenant) as connection:
            return await MediaRepository(connection, caller.tenant).list_page(visible, before=before, limit=limit)

    async def get(self, caller: Caller, media_id: UUID) -> MediaRow:
        """One medium.

        Raises:
            NotFound: there is none that the caller can see.
        """
        row = await self._library.find(caller.tenant, media_id)
        return visible(caller, row)

    async def delete(self, caller: Caller, media_id: UUID, once: Once[UUID]) -> Answer:
        """Remove a medium with its bytes.

        Raises:
            NotFound: there is none that the caller can see.
            StateForbids: `media.in_use`, a post that has not ended needs it.
        """
        async with self._database.tenant(caller.tenant) as connection:
            await self._idempotency.take(connection, caller, once.claim)
            media = MediaRepository(connection, caller.tenant)
            visible(caller, await media.lock(media_id))
            if await media.is_needed(media_id):
                raise StateForbids(
                    "A post that has not been published yet needs this medium.",
                    rule="media.in_use",
                    remediation="Cancel the post or give it another medium, or wait until it is out.",
                )
            await media.change(media_id, status=MediaStatus.DELETED, expires_at=self._clock.now())
            answer = await self._idempotency.answer(connection, caller, once, media_id)
        await self._expiry.remove(caller.tenant, media_id)
        return answer

    async def _add(
        self,
        caller: Caller,
        media_id: UUID,
        stored: StoredBytes,
        profile_id: UUID | None,
        once: Once[MediaRow],
        **origin: str | None,
    ) -> Answer:
        async with (
            self._quotas.announced(caller.tenant),
            self._library.taken_back(caller.tenant, [media_id]),
            self._database.tenant(caller.tenant) as connection,
        ):
            await self._idempotency.take(connection, caller, once.claim)
            profile = await find_profile(connection, caller, profile_id)
            await self._library.create(connection, caller.tenant, media_id, profile, stored, **origin)
            rows = await MediaRepository(connection, caller.tenant).find_many([media_id])
            return await self._idempotency.answer(connection, caller, once, rows[media_id])


async def find_profile(connection: Connection, caller: Caller, profile_id: UUID | None) -> UUID:
    """The profile that a medium goes to: the wanted one, or the default.

    Raises:
        NotFound: there is no such profile.
    """
    profile = await ProfileRepository(connection, caller.tenant).find(profile_id)
    if profile is None:
        raise NotFound("profile")
    return profile.id


def visible(caller: Caller, row: MediaRow | None) -> MediaRow:
    """The medium, if there is one that the caller can see.

    Raises:
        NotFound: there is none.
    """
    if row is None or caller.profile_id not in {None, row.profile_id}:
        raise NotFound("medium")
    return row
