"""Hosted connect sessions."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from letmepost.domain.ids import Prefix, format_id, format_id_if_given
from letmepost.domain.sizes import EXTERNAL_USER_ID_MAX_CHARS, URL_MAX_CHARS
from letmepost.http.schemas.base import Body, Left, Moment, View, body_profile_id
from letmepost.http.schemas.stored_errors import ERROR_DETAILS
from letmepost.services.accounts.connect_sessions import NewSession, SessionRequest
from letmepost.storage.accounts.connect_sessions import ConnectSessionRow

_STATUS = (
    "`open` until a person has connected an account (`connected`), has canceled (`cancelled`), or could not connect "
    "(`failed`). `expired` if none of this happened in time."
)


class CreateConnectSession(Body):
    """A hosted page for one person. Without `platform`, the person chooses one."""

    platform: str | None = Field(default=None, max_length=64)
    profile_id: str | None = None
    external_user_id: str | None = Field(
        default=None,
        min_length=1,
        max_length=EXTERNAL_USER_ID_MAX_CHARS,
        description="Your own id of the person. The connected account keeps it.",
    )
    return_url: str = Field(
        max_length=URL_MAX_CHARS,
        description="Where the browser goes at the end, with `connectSession` and `status` (`connected`, `cancelled`, "
        "`failed`) in the query. The operator has to allow its origin.",
    )

    def to_request(self) -> SessionRequest:
        """For the use case."""
        return SessionRequest(
            platform=self.platform,
            profile_id=body_profile_id(self.profile_id),
            external_user_id=self.external_user_id,
            return_url=self.return_url,
        )


class ConnectSessionView(View):
    """A connect session and its result."""

    id: str
    platform: Left[str] = None
    profile_id: Left[str] = None
    external_user_id: Left[str] = None
    return_url: str
    status: Literal["open", "connected", "cancelled", "failed", "expired"] = Field(description=_STATUS)
    account_ids: Sequence[str] = Field(description="The connected accounts.")
    error: Left[Annotated[Mapping[str, Any], ERROR_DETAILS]] = None
    created_at: Moment
    expires_at: Moment

    @classmethod
    def of(cls, row: ConnectSessionRow, now: datetime) -> Self:
        """Show a session."""
        return cls(**_fields(row, now))


class NewConnectSessionView(ConnectSessionView):
    """A new session. Send the person to `url`, which is shown only in this response and opens in one browser only."""

    url: str

    @classmethod
    def of_new(cls, made: NewSession) -> Self:
        """Show a new session with its URL."""
        return cls(**_fields(made.row, made.row.created_at), url=made.url)


def _fields(row: ConnectSessionRow, now: datetime) -> dict[str, Any]:
    is_expired = row.status == "open" and not row.is_open(now)
    return {
        "id": format_id(Prefix.CONNECT_SESSION, row.id),
        "platform": row.platform,
        "profile_id": format_id_if_given(Prefix.PROFILE, row.profile_id),
        "external_user_id": row.external_user_id,
        "return_url": row.return_url,
        "status": "expired" if is_expired else row.status,
        "account_ids": [format_id(Prefix.ACCOUNT, account_id) for account_id in row.account_ids],
        "error": row.error,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
    }
