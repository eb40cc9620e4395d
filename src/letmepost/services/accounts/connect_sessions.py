"""Hosted connect sessions, as a customer makes them for an end user and looks how they went."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from authlib.common.security import generate_token

from letmepost.domain.errors import InvalidRequest, NotFound
from letmepost.gateways.clock import Clock
from letmepost.services.accounts.browser_urls import PublicAddress, ReturnUrls
from letmepost.services.callers import Caller, new_id
from letmepost.services.idempotency import Answer
from letmepost.services.old_idempotency import OldIdempotency, Once
from letmepost.services.platform_access import Worlds
from letmepost.storage.accounts.connect_sessions import ConnectSessionRepository, ConnectSessionRow
from letmepost.storage.database import Database
from letmepost.storage.sealing import Keyring
from letmepost.storage.tenants.organizations import OrganizationRepository
from letmepost.storage.tenants.profiles import ProfileRepository

GOOD_FOR = timedelta(hours=1)
TOKENS_HASHED_AS = "connect-session"

_TOKEN_CHARS = 43


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRequest:
    """What a customer wants: see `ConnectSessionRow`."""

    platform: str | None
    profile_id: UUID | None
    external_user_id: str | None
    return_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeSession:
    """A new session, and the only sight of where it is."""

    row: ConnectSessionRow
    url: str = field(repr=False)


class ConnectSessions:
    """Sessions of the caller's world."""

    def __init__(
        self,
        *,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        worlds: Worlds,
        idempotency: OldIdempotency,
        return_urls: ReturnUrls,
        address: PublicAddress,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._worlds = worlds
        self._idempotency = idempotency
        self._return_urls = return_urls
        self._address = address

    async def create(self, caller: Caller, wanted: SessionRequest, once: Once[MadeSession]) -> Answer:
        """Make a page for one person.

        Raises:
            InvalidRequest: there is no such profile, or a browser may not be sent to where it is to return.
            NotFound: there is no such platform.
            PlatformNotEnabled: the deployment has no credentials for the platform, or no public address.
        """
        if wanted.platform is not None:
            self._worlds.access_to_connect(wanted.platform, caller.mode, caller.organization_id)
        base, now, token = self._address.for_browsers(caller.mode), self._clock.now(), generate_token(_TOKEN_CHARS)
        profile_id = caller.narrow(wanted.profile_id)
        async with self._database.tenant(caller.tenant) as connection:
            await self._idempotency.take(connection, caller, once.claim)
            organization = await OrganizationRepository(connection, caller.tenant).find()
            if organization is None or await ProfileRepository(connection, caller.tenant).find(profile_id) is None:
                raise InvalidRequest("There is no such profile.", rule="profileId")
            origins = organization.return_origins
            row = ConnectSessionRow(
                id=new_id(self._clock),
                profile_id=profile_id,
                platform=wanted.platform,
                key_id=caller.key_id,
                external_user_id=wanted.external_user_id,
                return_url=self._return_urls.check(wanted.return_url, "returnUrl", caller.mode, origins),
                browser_hash=None,
                status="open",
                account_ids=(),
                error=None,
                created_at=now,
                expires_at=now + GOOD_FOR,
            )
            token_hash = self._keyring.hashes(TOKENS_HASHED_AS, token.encode())[0]
            await ConnectSessionRepository(connection, caller.tenant).create(row, token_hash)
            made = MadeSession(row=row, url=f"{base}/connect/{token}")
            return await self._idempotency.answer(connection, caller, once, made)

    async def get(self, caller: Caller, session_id: UUID) -> ConnectSessionRow:
        """How a session stands.

        Raises:
            NotFound: there is none that the caller can see.
        """
        async with self._database.tenant(caller.tenant) as connection:
            row = await ConnectSessionRepository(connection, caller.tenant).find(session_id)
        if row is None or caller.profile_id not in {None, row.profile_id}:
            raise NotFound("connect session")
        return row
