"""Connects an account with an app password."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, SecretStr, field_validator

from letmepost.domain.errors import FailureKind, PlatformFailure, Unaddressable
from letmepost.domain.flow import Auth, Call, Effect, Flow, Reply
from letmepost.platforms._kit.calls import base_url
from letmepost.platforms._kit.fields import text_in
from letmepost.platforms._kit.oauth import with_new_token
from letmepost.platforms.bluesky import refusals
from letmepost.platforms.bluesky.identity import (
    Identity,
    find_did,
    find_identity,
    server_address,
)
from letmepost.platforms.bluesky.refusals import APP_PASSWORD
from letmepost.platforms.bluesky.replies import explain
from letmepost.platforms.bluesky.session import Session, read_session
from letmepost.platforms.bluesky.settings import BlueskySettings
from letmepost.platforms.bluesky.syntax import is_did, is_handle
from letmepost.platforms.bluesky.xrpc import CREATE_SESSION, GET_SESSION, method_url, query
from letmepost.platforms.connecting import ConnectedAccount

# Invisible characters that are copied with a handle: marks of writing direction, spaces without a width.
_INVISIBLE = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


class ConnectInput(BaseModel):
    """What a person enters to connect an account."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    identifier: str = Field(
        title="Handle or email address", max_length=2048, description="A handle, a DID, or an email address."
    )
    app_password: SecretStr = Field(
        alias="appPassword", title="App password", min_length=1, max_length=512, description=f"{APP_PASSWORD}."
    )
    pds_url: AnyHttpUrl | None = Field(
        default=None, alias="pdsUrl", title="Server", description="The account's server, if it is not Bluesky's."
    )

    @field_validator("identifier")
    @classmethod
    def _normalize(cls, text: str) -> str:
        text = _INVISIBLE.sub("", text).strip().removeprefix("@")
        if is_did(text) or re.fullmatch(r"[^@\s]+@[^@\s]+", text):
            return text
        if is_handle(text):
            return text.lower()
        message = "must be a handle (alice.bsky.social), a DID (did:plc:…) or an email address"
        raise ValueError(message)

    @field_validator("pds_url")
    @classmethod
    def _is_plain(cls, url: AnyHttpUrl | None) -> AnyHttpUrl | None:
        if url is not None and server_address(url) is None:
            message = "must be a server's address: without a user name, a password, a query or a fragment"
            raise ValueError(message)
        return url


def connect(form: ConnectInput, settings: BlueskySettings) -> Flow[ConnectedAccount]:
    """Sign in, and find out which account it is and which server it is on.

    Only the account's DID document proves both: the server that it names accepts the session. A server that a person
    names, and even the entryway, does not, because anyone can run a server that returns the DID of another account.

    Raises:
        InputRefused: the handle, the password or the server is wrong.
        PlatformFailure: the directory or a server did not respond, or the account cannot be used.
    """
    identity = None
    if form.pds_url is not None:
        server = base_url(form.pds_url)
    elif "@" in form.identifier:
        server = base_url(settings.entryway_url)
    else:
        identity = yield from _find_identity(form.identifier, settings)
        server = _home(identity)
    session = yield from _sign_in(server, form)
    expected = identity.did if identity is not None else form.identifier
    if is_did(expected) and session.did != expected:
        raise refusals.SERVER_MISMATCH(problem=f"{server} signed in to another account.")
    if identity is None:
        identity = yield from find_identity(session.did, settings)
    home = _home(identity)
    if home != server:
        yield from _prove(session, home)
    profile = yield from _profile(session.did, settings)
    return ConnectedAccount(
        platform_account_id=session.did,
        handle=identity.confirmed(session.handle),
        display_name=text_in(profile, "displayName"),
        avatar_url=text_in(profile, "avatar"),
        credential=session.credential,
        data={"pds": home, "did": session.did},
    )


def _find_identity(identifier: str, settings: BlueskySettings) -> Flow[Identity]:
    did = identifier if is_did(identifier) else (yield from find_did(identifier, settings))
    return (yield from find_identity(did, settings))


def _home(identity: Identity) -> str:
    """Return the server that a DID document names."""
    if identity.server is None:
        raise refusals.SERVER_MISSING(problem=f"The DID document of {identity.did} names no Bluesky server.")
    return identity.server


def _sign_in(server: str, form: ConnectInput) -> Flow[Session]:
    call = Call(
        method="POST",
        url=method_url(server, CREATE_SESSION),
        json={"identifier": form.identifier, "password": form.app_password.get_secret_value()},
        effect=Effect.WRITE,
        auth=Auth.NONE,
    )
    try:
        reply = yield call
    except Unaddressable as failure:
        if form.pds_url is not None:
            raise refusals.NOT_A_SERVER(problem=failure.message) from failure
        if "@" in form.identifier:  # the entryway is the operator's choice
            raise
        raise refusals.SERVER_MISSING(problem=failure.message) from failure
    if form.pds_url is not None and _is_no_server(reply):
        raise refusals.NOT_A_SERVER(problem=f"{server} is not a Bluesky server.")
    session = read_session(call, reply)
    if not session.is_active:
        raise refusals.ACCOUNT_INACTIVE(status="unknown")
    return session


def _is_no_server(reply: Reply) -> bool:
    return reply.status in {404, 405, 501} or 300 <= reply.status < 400 or (reply.ok and not reply.data())


def _prove(session: Session, home: str) -> Flow[None]:
    """Send the session to the server that the account's DID document names, and raise unless it accepts it."""
    call = with_new_token(query(home, GET_SESSION), session.credential.secrets["access_jwt"])
    try:
        reply = yield call
    except Unaddressable as unaddressable:
        raise refusals.SERVER_MISSING(problem=unaddressable.message) from unaddressable
    if reply.ok and reply.data().get("did") == session.did:
        return
    failure = explain(call, reply)
    if not reply.ok and failure.kind is not FailureKind.AUTH_FAILED:
        raise failure
    raise refusals.SERVER_MISMATCH(problem=f"The account is on {home}, which does not accept this session.")


def _profile(did: str, settings: BlueskySettings) -> Flow[Mapping[str, Any]]:
    """Return the public profile, or nothing if it cannot be fetched: it is only displayed."""
    try:
        reply = yield query(base_url(settings.resolver_url), "app.bsky.actor.getProfile", actor=did)
    except PlatformFailure:
        return {}
    return reply.data() if reply.ok else {}
