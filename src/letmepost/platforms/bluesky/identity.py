"""Resolves handles and DIDs to accounts and their servers.

A handle leads to a DID, a DID to its document, and the document names the account's server (PDS) and the handle that
the account claims.
Source: https://github.com/bluesky-social/atproto packages/identity/src (read 2026-11-21).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from pydantic import AnyHttpUrl, TypeAdapter, ValidationError

from letmepost.domain.errors import FailureKind, PlatformFailure, Unaddressable
from letmepost.domain.flow import Auth, Call, Flow, Reply
from letmepost.platforms._kit.calls import base_url
from letmepost.platforms._kit.fields import objects_in, texts_in
from letmepost.platforms.bluesky.refusals import DID_UNRESOLVED, HANDLE_UNRESOLVED, LOOKUP_FAILED
from letmepost.platforms.bluesky.replies import explain
from letmepost.platforms.bluesky.settings import BlueskySettings
from letmepost.platforms.bluesky.syntax import is_did, is_handle
from letmepost.platforms.bluesky.xrpc import query

INVALID_HANDLE = "handle.invalid"
"""The handle that the protocol shows if the account's document does not confirm the real one."""

_HTTP_URL: TypeAdapter[AnyHttpUrl] = TypeAdapter(AnyHttpUrl)
_UNKNOWN = frozenset({400, 404, 501})  # servers return 400, and 501 if they resolve no handles
_NO_DOCUMENT = frozenset({400, 404, 410})  # 410 is a tombstone: https://web.plc.directory/spec/v0.1/did-plc


@dataclass(frozen=True, slots=True)
class Identity:
    """The content of a DID document. `server` is None if it names no server with a usable address."""

    did: str
    server: str | None
    handles: tuple[str, ...]

    def confirmed(self, handle: str) -> str:
        """Return the handle if the document claims it too."""
        return handle if handle in self.handles else INVALID_HANDLE


def server_address(value: object) -> str | None:
    """Return a server's address, an http(s) URL without user name, password, query or fragment; None without one."""
    try:
        url = _HTTP_URL.validate_python(value)
    except ValidationError:
        return None
    return None if url.username or url.password or url.query or url.fragment else base_url(url)


def resolve_handle(server: str, handle: str) -> Flow[str | None]:
    """Return the DID that a server resolves a handle to, or None if the server does not know the handle.

    Raises:
        PlatformFailure: rate_limited or unavailable, if the server did not return a usable response.
    """
    call = query(server, "com.atproto.identity.resolveHandle", handle=handle)
    reply = yield call
    did = reply.data().get("did")
    if reply.ok and is_did(did):
        return str(did)
    if reply.ok or reply.status in _UNKNOWN:
        return None
    raise _lookup_failed(call, reply, "The server that resolves handles")


def find_did(handle: str, settings: BlueskySettings) -> Flow[str]:
    """Return the DID of a handle, from the resolver or else from the handle's own web server.

    Raises:
        InputRefused: no account uses the handle.
        PlatformFailure: rate_limited or unavailable, if the resolver did not return a usable response.
    """
    resolver_failure: PlatformFailure | None = None
    try:
        did = yield from resolve_handle(base_url(settings.resolver_url), handle)
    except PlatformFailure as failure:
        did, resolver_failure = None, failure
    did = did or (yield from _ask_web_server(handle))
    if did is not None:
        return did
    if resolver_failure is not None:
        raise resolver_failure
    raise HANDLE_UNRESOLVED(handle=handle)


def _ask_web_server(handle: str) -> Flow[str | None]:
    try:
        reply = yield _read(f"https://{handle}/.well-known/atproto-did")
    except PlatformFailure:
        return None  # most handles have no web server
    did = reply.body.decode("utf-8", errors="replace").partition("\n")[0].strip()
    return did if reply.ok and is_did(did) else None


def find_identity(did: str, settings: BlueskySettings) -> Flow[Identity]:
    """Return the content of a DID's document.

    Only this document shows which server an account is on. It comes from the PLC directory, or for a `did:web` from the
    domain in the DID, and never from the server that a person signed in to: anyone can run a server that claims to host
    the account of someone else.

    Raises:
        InputRefused: there is no such document.
        PlatformFailure: rate_limited or unavailable, if the directory or the domain did not return a usable response.
    """
    call = _read(_document_url(did, settings))
    try:
        reply = yield call
    except Unaddressable:
        if did.startswith("did:web:"):  # the caller chose this host, not the operator
            raise DID_UNRESOLVED(did=did) from None
        raise
    if reply.ok and reply.data().get("id") == did:
        return _read_document(did, reply.data())
    if reply.ok or reply.status in _NO_DOCUMENT:
        raise DID_UNRESOLVED(did=did)
    raise _lookup_failed(call, reply, "The DID directory" if did.startswith("did:plc:") else f"The domain of {did}")


def _read_document(did: str, document: Mapping[str, Any]) -> Identity:
    """Return the content of a DID document. Malformed parts count as absent."""
    servers = [_server(entry) for entry in objects_in(document, "service")]
    handles = [name.removeprefix("at://").lower() for name in texts_in(document, "alsoKnownAs")]
    return Identity(
        did=did,
        server=next((server for server in servers if server is not None), None),
        handles=tuple(handle for handle in handles if is_handle(handle)),
    )


def _server(entry: Mapping[str, Any]) -> str | None:
    if entry.get("type") != "AtprotoPersonalDataServer":
        return None
    if not str(entry.get("id")).endswith("#atproto_pds"):
        return None
    return server_address(entry.get("serviceEndpoint"))


def _document_url(did: str, settings: BlueskySettings) -> str:
    if did.startswith("did:plc:"):
        return f"{base_url(settings.plc_url)}/{did}"
    if did.startswith("did:web:"):
        host = unquote(did.removeprefix("did:web:"))  # a port is encoded as `%3A3000`
        address = server_address(f"https://{host}")
        if address is not None and "/" not in host:
            return f"{address}/.well-known/did.json"
    raise DID_UNRESOLVED(did=did)


def _lookup_failed(call: Call, reply: Reply, source: str) -> PlatformFailure:
    """Return why a public read failed. Its status says nothing about the account."""
    failure = explain(call, reply)
    if failure.kind is FailureKind.RATE_LIMITED:
        return failure
    return LOOKUP_FAILED(source=source, status=reply.status, response=failure.response)


def _read(url: str) -> Call:
    return Call(method="GET", url=url, auth=Auth.NONE, timeout_s=10.0)
