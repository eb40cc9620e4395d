"""OAuth 2.0, shared by the platforms: consent URLs, forms, client authentication, and replies with tokens.

Authlib encodes the requests. Its `OAuth2Token` is not used for replies: it reads the clock, and raises ValueError for
an `expires_in` that is not a number.

Sources: RFC 6749 sections 2.3, 4.1, 5 and 6, RFC 6750, RFC 7009, RFC 7636; all read 2026-11-22.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import parse_qsl, urlencode

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.errors import (
    InvalidClientError,
    InvalidGrantError,
    UnauthorizedClientError,
    UnsupportedGrantTypeError,
)
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc6750.parameters import add_to_headers
from authlib.oauth2.rfc7009.parameters import prepare_revoke_token_request

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Auth, Call, Effect, Reply
from letmepost.domain.refusals import PlatformRefusal
from letmepost.platforms._kit.settings import AppSettings
from letmepost.platforms.connecting import ConsentRequest, Credential, Grant

INVALID_GRANT = frozenset({InvalidGrantError.error})
"""Errors that end a grant (RFC 6749 section 5.2)."""
_APP_ERRORS = frozenset({InvalidClientError.error, UnauthorizedClientError.error, UnsupportedGrantTypeError.error})
"""Errors that concern the deployment's app, not the grant."""

_GRANT_ENDED = PlatformRefusal(
    kind=FailureKind.AUTH_FAILED,
    message="The platform reports that the permission has ended.",
    remediation="Connect the account again.",
)
_NO_TOKEN = PlatformRefusal(
    kind=FailureKind.UNAVAILABLE, message="The platform's response to a token request contained no token."
)
_APP_REFUSED = PlatformRefusal(
    kind=FailureKind.UNAVAILABLE,
    message="The platform does not accept this deployment's app.",
    remediation="The operator must correct the app's credentials. `letmepost doctor` shows which ones.",
    is_operators=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """The grant of a token endpoint. `expires_at` is the access token's; `scopes` is empty if the reply has none."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: datetime | None
    scopes: tuple[str, ...]

    def credential(self) -> Credential:
        """Return the credential to store.

        A refresh token that was not sent again is omitted, so the old one is kept.
        """
        refresh = {"refresh_token": self.refresh_token} if self.refresh_token else {}
        return Credential(secrets={"access_token": self.access_token, **refresh}, expires_at=self.expires_at)


def consent_url(
    endpoint: str,
    client_id: str | None,
    request: ConsentRequest,
    scopes: Iterable[str],
    *,
    separator: str = " ",
    uses_pkce: bool = False,
    **extra: str,
) -> str:
    """Return the URL of the consent page.

    Args:
        uses_pkce: True to send the challenge of the request (RFC 7636 section 4.3).
        extra: more query parameters than those of RFC 6749 section 4.1.1.
    """
    challenge = {"code_challenge": request.code_challenge, "code_challenge_method": "S256"} if uses_pkce else {}
    uri: str = prepare_grant_uri(
        endpoint,
        client_id or "",
        "code",
        redirect_uri=request.redirect_uri,
        scope=separator.join(scopes),
        state=request.state,
        **challenge,
        **extra,
    )
    return uri


def token_form(grant_type: str, *, redirect_uri: str | None = None, **more: str) -> dict[str, str]:
    """Return the form of a token request (RFC 6749 sections 4.1.3 and 6), without parameters that are empty."""
    return dict(parse_qsl(prepare_token_request(grant_type, redirect_uri=redirect_uri, **more)))


def code_form(grant: Grant) -> dict[str, str]:
    """Return the form that exchanges the code of a consent with PKCE for tokens (RFC 7636 section 4.5)."""
    return token_form(
        "authorization_code", redirect_uri=grant.redirect_uri, code=grant.code, code_verifier=grant.code_verifier
    )


def revocation_form(token: str, token_type_hint: str) -> dict[str, str]:
    """Return the form of a revocation request (RFC 7009 section 2.1)."""
    body, _ = prepare_revoke_token_request(token, token_type_hint)
    return dict(parse_qsl(body))


def app_call(
    url: str,
    form: Mapping[str, str],
    *,
    app: AppSettings,
    method: Literal["client_secret_basic", "client_secret_post"],
    effect: Effect = Effect.WRITE,
    auth: Auth = Auth.ACCOUNT,
) -> Call:
    """Return a POST of a form as the deployment's app (RFC 6749 section 2.3.1).

    Args:
        method: where the app's credentials are: in a header (HTTP Basic) or in the form.
        effect: READ for a call that only reads.

    Raises:
        PlatformFailure: `unavailable` if HTTP Basic cannot carry the credentials: no platform has issued them.
    """
    call = Call(method="POST", url=url, form=form, effect=effect, auth=auth)
    client = ClientAuth(app.client_id or "", app.secret(), method)
    try:
        _, headers, body = client.prepare(call.method, call.url, {}, urlencode(form))  # type: ignore[no-untyped-call]  # its stub has no types
    except UnicodeEncodeError:  # Authlib encodes them as Latin-1; RFC 6749 appendix A allows ASCII only
        raise _APP_REFUSED() from None
    return replace(call, headers=headers, form=dict(parse_qsl(body, keep_blank_values=True)))


def with_form_token(call: Call, name: str, token: str) -> Call:
    """Return the call with a token in a field of its form, where the token is what the call is about."""
    return replace(call, form={**(call.form or {}), name: token})


def with_refresh_token(call: Call, credential: Credential) -> Call:
    """Return the call with the refresh token in its form.

    Without one, the platform rejects the call like one with an expired token, and the account must be connected again.
    """
    return with_form_token(call, "refresh_token", credential.secrets.get("refresh_token", "none"))


def with_new_token(call: Call, token: str) -> Call:
    """Return a call with a token that no account has yet: one that was just granted."""
    return with_bearer_token(replace(call, auth=Auth.NONE), token)


def with_bearer_token(call: Call, token: str) -> Call:
    """Return the call with a token in its header (RFC 6750 section 2.1)."""
    return replace(call, headers=add_to_headers(token, dict(call.headers)))


def read_tokens(
    call: Call,
    reply: Reply,
    explain: Callable[[Call, Reply], PlatformFailure],
    *,
    scope_separator: str = " ",
    invalid_grant: frozenset[str] = INVALID_GRANT,
) -> Tokens:
    """Return the tokens in a reply of a token endpoint.

    Args:
        explain: the platform's function, for replies that are not a grant and not an ended grant.

    Raises:
        PlatformFailure: `auth_failed` if the reply has one of the codes in `invalid_grant`: the grant has ended.
            `unavailable` if it is a success without a token, or refuses the deployment's app.
    """
    data = reply.data()
    error = data.get("error")
    if isinstance(error, str) and error in invalid_grant:
        raise _GRANT_ENDED(response={"status": reply.status, "code": error})
    if isinstance(error, str) and error in _APP_ERRORS and reply.status != 429:
        raise _APP_REFUSED(response={"status": reply.status, "code": error})
    if not reply.ok:
        raise explain(call, reply)
    access_token, refresh_token = data.get("access_token"), data.get("refresh_token")
    if "error" in data or not is_token(access_token):
        raise _NO_TOKEN()
    return Tokens(
        access_token=str(access_token),
        refresh_token=str(refresh_token) if is_token(refresh_token) else None,
        expires_at=_expires_at(data.get("expires_in"), reply.received_at),
        scopes=_scopes(data.get("scope"), scope_separator),
    )


def is_token(value: object) -> bool:
    """Return True for a token that a header can contain: printable ASCII (RFC 6749 appendix A.12 and A.17)."""
    return isinstance(value, str) and value.isascii() and value.isprintable() and value.strip() != ""


def _expires_at(expires_in: object, received_at: datetime) -> datetime | None:
    """Return None if the platform sent no lifetime, or one that is not a valid time."""
    try:
        seconds = float(expires_in)  # type: ignore[arg-type]  # some send a number as a string
        return received_at + timedelta(seconds=seconds) if seconds > 0 else None
    except (TypeError, ValueError, OverflowError):
        return None


def _scopes(scope: object, separator: str) -> tuple[str, ...]:
    return tuple(name for name in scope.split(separator) if name) if isinstance(scope, str) else ()
