"""Connecting an account with an app password."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, SecretStr, field_validator

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Auth, Call, Effect, Flow, Reply
from letmepost.platforms.bluesky.identity import (
    Identity,
    find_did,
    find_identity,
    read_document,
    server_address,
)
from letmepost.platforms.bluesky.replies import APP_PASSWORD, explain
from letmepost.platforms.bluesky.session import Session, bearing, read_session
from letmepost.platforms.bluesky.settings import BlueskySettings
from letmepost.platforms.bluesky.syntax import is_did, is_handle
from letmepost.platforms.bluesky.xrpc import CREATE_SESSION, GET_SESSION, base, method_url, query
from letmepost.platforms.contract import ConnectedAccount

# What copying a handle from a page brings along unseen: marks of writing direction, spaces without a width.
_INVISIBLE = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


class ConnectInput(BaseModel):
    """What a person enters to connect an account."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    identifier: str = Field(
        title="Handle or e-mail address", max_length=2048, description="A handle, a DID, or an e-mail address."
    )
    app_password: SecretStr = Field(
        alias="appPassword", title="App password", min_length=1, max_length=512, description=f"{APP_PASSWORD}."
    )
    pds_url: AnyHttpUrl | None = Field(
        default=None, alias="pdsUrl", title="Server", description="The account's server, where it is not Bluesky's."
    )

    @field_validator("identifier")
    @classmethod
    def _normalise(cls, text: str) -> str:
        text = _INVISIBLE.sub("", text).strip().removeprefix("@")
        if is_did(text) or re.fullmatch(r"[^@\s]+@[^@\s]+", text):
            return text
        if is_handle(text):
            return text.lower()
        message = "must be a handle (alice.bsky.social), a DID (did:plc:…) or an e-mail address"
        raise ValueError(message)

    @field_validator("pds_url")
    @classmethod
    def _is_plain(cls, url: AnyHttpUrl | None) -> AnyHttpUrl | None:
        if url is not None and server_address(url) is None:
            message = "must be a server's address: without a user name, a password, a query or a fragment"
            raise ValueError(message)
        return url


def connect(form: ConnectInput, settings: BlueskySettings) -> Flow[ConnectedAccount]:
    """Sign in, and learn who the account is and where it lives.

    Raises:
        PlatformFailure: auth_failed for a wrong password, rejected where the input leads to no account.
    """
    identity = None
    if form.pds_url is not None:
        server = base(form.pds_url)
    elif "@" in form.identifier:
        server = base(settings.entryway_url)
    else:
        identity, server = yield from _find_home(form.identifier, settings)
    session = yield from _sign_in(server, form)
    if identity is None:
        identity = yield from _identity_of(session, settings)
    home = identity.server or server
    if home != server:
        yield from _prove(session, home)
    if identity.did != session.did:
        raise _mismatch(f"{server} answered for another account.")
    profile = yield from _profile(session.did, settings)
    return ConnectedAccount(
        platform_account_id=session.did,
        handle=identity.confirmed(session.handle),
        display_name=profile.get("displayName") or None,
        avatar_url=profile.get("avatar"),
        credential=session.credential,
        data={"pds": home, "did": session.did},
    )


def _find_home(identifier: str, settings: BlueskySettings) -> Flow[tuple[Identity, str]]:
    did = identifier if is_did(identifier) else (yield from find_did(identifier, settings))
    identity = yield from find_identity(did, settings)
    if identity.server is None:
        raise PlatformFailure(
            FailureKind.REJECTED,
            f"{identifier} has no Bluesky server.",
            rule="bluesky.connect.server_missing",
            remediation="Check the spelling, or name the account's server in `pdsUrl`.",
        )
    return identity, identity.server


def _sign_in(server: str, form: ConnectInput) -> Flow[Session]:
    call = Call(
        method="POST",
        url=method_url(server, CREATE_SESSION),
        json={"identifier": form.identifier, "password": form.app_password.get_secret_value()},
        effect=Effect.PREPARE,
        step="sign-in",
        auth=Auth.NONE,
    )
    reply = yield call
    if form.pds_url is not None and _is_no_server(reply):
        raise PlatformFailure(
            FailureKind.REJECTED,
            f"{server} is not a Bluesky server.",
            rule="bluesky.connect.not_a_server",
            remediation="Leave `pdsUrl` out to have the server found, or correct it.",
        )
    session = read_session(call, reply)
    if not session.is_active:
        raise PlatformFailure(
            FailureKind.AUTH_FAILED,
            "This account is not active on Bluesky.",
            remediation="Reactivate it on Bluesky, and connect it again.",
        )
    return session


def _is_no_server(reply: Reply) -> bool:
    return reply.status in {404, 405, 501} or 300 <= reply.status < 400 or (reply.ok and not reply.data())


def _identity_of(session: Session, settings: BlueskySettings) -> Flow[Identity]:
    """The identity behind a session; by the server's own word where the directory cannot be asked.

    A network of one's own has a server, and need not have a directory that we reach.
    """
    try:
        return (yield from find_identity(session.did, settings))
    except PlatformFailure:
        return read_document(session.did, session.document)


def _prove(session: Session, home: str) -> Flow[None]:
    """Show the session to the server that the account's document names.

    Whoever signs in elsewhere (`pdsUrl`, the entryway) has only that server's word for whose session it is,
    and anybody may run a server: without this, one could connect as somebody else and take over their row.
    """
    call = bearing(query(home, GET_SESSION), session.credential.secrets["access_jwt"])
    reply = yield call
    if reply.ok and reply.data().get("did") == session.did:
        return
    failure = explain(call, reply)
    if not reply.ok and failure.kind is not FailureKind.AUTH_FAILED:
        raise failure
    raise _mismatch(f"The account lives on {home}, which does not accept this session.")


def _mismatch(message: str) -> PlatformFailure:
    return PlatformFailure(
        FailureKind.REJECTED,
        message,
        rule="bluesky.connect.server_mismatch",
        remediation="Connect by handle and without `pdsUrl`, so that the account's own server is found.",
    )


def _profile(did: str, settings: BlueskySettings) -> Flow[Mapping[str, Any]]:
    """The public profile; empty when it cannot be had, since it is only for show."""
    try:
        reply = yield query(base(settings.resolver_url), "app.bsky.actor.getProfile", actor=did)
    except PlatformFailure:
        return {}
    shown = reply.data() if reply.ok else {}
    return {name: shown[name] for name in ("displayName", "avatar") if isinstance(shown.get(name), str)}
