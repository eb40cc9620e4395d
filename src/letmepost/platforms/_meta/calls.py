"""Requests to the Graph API, and the proof that the app sends them.

https://developers.facebook.com/docs/graph-api/overview and
https://developers.facebook.com/docs/graph-api/guides/secure-requests (checked 2026-11-21).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from hmac import digest

from letmepost.domain.flow import Auth, Call, Effect
from letmepost.platforms._kit import oauth
from letmepost.platforms._kit.calls import base_url
from letmepost.platforms._meta.settings import GraphSettings
from letmepost.platforms.connecting import Credential

ACCESS_TOKEN = "access_token"  # noqa: S105 - the name of a field, not a token
_READ_TIMEOUT_S = 10.0


def graph_url(settings: GraphSettings, path: str) -> str:
    """Return the URL of an object or edge: `1020304050/feed`."""
    return f"{base_url(settings.api_url)}/{settings.api_version}/{path}"


def read(settings: GraphSettings, path: str, **query: str) -> Call:
    """Return a read of an object, or of the list at an edge."""
    return Call(method="GET", url=graph_url(settings, path), query=tuple(query.items()), timeout_s=_READ_TIMEOUT_S)


def create(settings: GraphSettings, path: str, form: Mapping[str, str], *, effect: Effect, step: str) -> Call:
    """Return a call that creates an object at an edge."""
    return Call(method="POST", url=graph_url(settings, path), form=form, effect=effect, step=step)


def delete(settings: GraphSettings, object_id: str) -> Call:
    """Return a deletion. Real verbs only: Meta has removed the parameter `method` (2026-11-04)."""
    return Call(method="DELETE", url=graph_url(settings, object_id), effect=Effect.WRITE)


def with_token(call: Call, token: str, settings: GraphSettings) -> Call:
    """Return a call with a token that no account has yet, and with the proof."""
    return _proven(oauth.with_new_token(call, token), token, settings)


def sign(call: Call, credential: Credential, _now: datetime, _entropy: bytes) -> Call:
    """Return the call with the account's token in a header, which no log of URLs contains."""
    is_signed = call.auth is not Auth.NONE
    return oauth.with_bearer_token(call, credential.secrets[ACCESS_TOKEN]) if is_signed else call


def sign_upload(call: Call, credential: Credential) -> Call:
    """Return the call to the upload host with the account's token. It has another scheme than the Graph API."""
    return replace(call, headers={**call.headers, "Authorization": f"OAuth {credential.secrets[ACCESS_TOKEN]}"})


def signer(settings: GraphSettings) -> Callable[[Call, Credential, datetime, bytes], Call]:
    """Return `sign` with the proof. Apps with the setting "Require App Secret" are refused without it.

    The proof is not stored with the token: it would become invalid when the app's secret is reset.
    """
    uploads = f"{base_url(settings.upload_url)}/"

    def sign_with_proof(call: Call, credential: Credential, now: datetime, entropy: bytes) -> Call:
        if call.url.startswith(uploads):
            return sign_upload(call, credential)
        signed = sign(call, credential, now, entropy)
        return signed if call.auth is Auth.NONE else _proven(signed, credential.secrets[ACCESS_TOKEN], settings)

    return sign_with_proof


def _proven(call: Call, token: str, settings: GraphSettings) -> Call:
    proof = digest(settings.secret().encode(), token.encode(), sha256).hex()
    return replace(call, query=(*call.query, ("appsecret_proof", proof)))
