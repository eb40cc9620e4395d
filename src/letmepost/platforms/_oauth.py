"""OAuth 2.0 as every platform speaks it: the consent URL, and what a token endpoint answers.

Sources: RFC 6749 sections 4.1, 5 and 6, RFC 7636; both read 2026-11-22.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Call, Reply
from letmepost.platforms.contract import ConsentRequest

_DEAD_GRANT = frozenset({"invalid_grant"})
"""Errors that end a grant (RFC 6749 section 5.2)."""
_OUR_FAULT = frozenset({"invalid_client", "unauthorized_client", "unsupported_grant_type"})
"""Errors that say something of our app, and nothing of the grant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a token endpoint granted. `expires_at` is the access token's; `scopes` is empty where it names none."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: datetime | None
    scopes: tuple[str, ...]

    def secrets(self) -> dict[str, str]:
        """As a credential keeps them; a refresh token that was not sent again is left out, so the old one is kept."""
        refresh = {"refresh_token": self.refresh_token} if self.refresh_token else {}
        return {"access_token": self.access_token, **refresh}


def consent_url(
    endpoint: str, client_id: str, request: ConsentRequest, scopes: Sequence[str], *, separator: str = " ", **extra: str
) -> str:
    """Where a person's browser goes to consent. `extra` joins the query, beside what RFC 6749 section 4.1.1 names."""
    uri: str = prepare_grant_uri(
        endpoint,
        client_id,
        "code",
        redirect_uri=request.redirect_uri,
        scope=separator.join(scopes),
        state=request.state,
        **extra,
    )
    return uri


def read_tokens(
    call: Call,
    reply: Reply,
    explain: Callable[[Call, Reply], PlatformFailure],
    *,
    scope_separator: str = " ",
    dead_grant: frozenset[str] = _DEAD_GRANT,
) -> Tokens:
    """The tokens that a reply of a token endpoint grants.

    Args:
        explain: the platform's own, for whatever is neither a grant nor a grant that ended.

    Raises:
        PlatformFailure: `auth_failed` when the reply says, by one of the codes in `dead_grant`, that the grant has
            ended; `unavailable` when it claims success without a token, whatever else it holds, or refuses our app.
    """
    data = reply.data()
    error = data.get("error")
    if isinstance(error, str) and error in dead_grant:
        raise PlatformFailure(
            FailureKind.AUTH_FAILED,
            "The platform says that the permission has ended.",
            remediation="Connect the account again.",
            response={"status": reply.status, "code": error},
        )
    if isinstance(error, str) and error in _OUR_FAULT and reply.status != 429:
        raise PlatformFailure(
            FailureKind.UNAVAILABLE,
            "The platform does not accept this deployment's app.",
            remediation="The operator has to correct the app's credentials; `letmepost doctor` names them.",
            response={"status": reply.status, "code": error},
        )
    if not reply.ok:
        raise explain(call, reply)
    access_token, refresh_token = data.get("access_token"), data.get("refresh_token")
    if "error" in data or not isinstance(access_token, str) or not access_token.strip():
        raise PlatformFailure(FailureKind.UNAVAILABLE, "The platform answered a request for a token without one.")
    return Tokens(
        access_token=access_token,
        refresh_token=refresh_token if isinstance(refresh_token, str) and refresh_token.strip() else None,
        expires_at=_expires_at(data.get("expires_in"), reply.received_at),
        scopes=_scopes(data.get("scope"), scope_separator),
    )


def _expires_at(expires_in: object, received_at: datetime) -> datetime | None:
    """None when the platform does not say, or says what cannot be a time."""
    try:
        seconds = float(expires_in)  # type: ignore[arg-type]  # some send a number as a string
        return received_at + timedelta(seconds=seconds) if seconds > 0 else None
    except (TypeError, ValueError, OverflowError):
        return None


def _scopes(scope: object, separator: str) -> tuple[str, ...]:
    return tuple(name for name in scope.split(separator) if name) if isinstance(scope, str) else ()
