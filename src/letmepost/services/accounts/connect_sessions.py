"""Hosted connect sessions: a customer creates one for an end user, and reads its result."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from authlib.common.security import generate_token

from letmepost.domain import refusals
from letmepost.domain.ids import Prefix
from letmepost.services.accounts.browser_urls import PublicAddress, ReturnUrls
from letmepost.services.platform_access import Worlds
from letmepost.services.tenants import profiles
from letmepost.services.work import Work
from letmepost.storage.accounts.connect_sessions import ConnectSessionRow
from letmepost.storage.sealing import Keyring

GOOD_FOR = timedelta(hours=1)
TOKENS_HASHED_AS = "connect-session"

_TOKEN_CHARS = 43


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRequest:
    """A request to create a session: see `ConnectSessionRow`."""

    platform: str | None
    profile_id: UUID | None
    external_user_id: str | None
    return_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    """A new session with the URL of its page, the only time that it is shown."""

    row: ConnectSessionRow
    url: str = field(repr=False)


class ConnectSessions:
    """Creates sessions of a caller."""

    def __init__(self, *, keyring: Keyring, worlds: Worlds, return_urls: ReturnUrls, address: PublicAddress) -> None:
        self._keyring = keyring
        self._worlds = worlds
        self._return_urls = return_urls
        self._address = address

    async def create(self, work: Work, wanted: SessionRequest) -> NewSession:
        """Create a session for one person.

        Raises:
            InvalidRequest: the profile does not exist, or the return URL is not allowed.
            NotFound: the platform does not exist.
            PlatformNotEnabled: the deployment has no credentials for the platform, or no public address.
        """
        caller, now, token = work.caller, work.now(), generate_token(_TOKEN_CHARS)
        if wanted.platform is not None:
            self._worlds.access_to_connect(wanted.platform, caller.mode, caller.organization_id)
        base = self._address.for_browsers(caller.mode)
        profile_id = caller.narrow(wanted.profile_id)
        await profiles.find_named(work, profile_id)
        organization = await work.organization.find()
        origins = () if organization is None else organization.return_origins
        row = ConnectSessionRow(
            id=work.new_id(),
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
        await work.connect_sessions.create(row, self._keyring.hashes(TOKENS_HASHED_AS, token.encode())[0])
        return NewSession(row=row, url=f"{base}/connect/{token}")


async def get(work: Work, session_id: UUID) -> ConnectSessionRow:
    """Return a session.

    Raises:
        NotFound: the caller sees no such session.
    """
    row = await work.connect_sessions.find(session_id)
    if row is None or not work.caller.sees(row.profile_id):
        raise refusals.requests.not_found(Prefix.CONNECT_SESSION, session_id)
    return row
