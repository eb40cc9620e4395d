"""The interface of connecting: the deployment's app, the consents of persons, and the accounts that they connect."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from letmepost.domain.flow import Flow


class PlatformSettings(BaseModel):
    """The deployment's settings of one platform: hosts and app credentials, read from the environment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def credentials(cls) -> tuple[str, ...]:
        """Return the fields without a default value: the platform is not enabled before they are set."""
        return tuple(name for name, field in cls.model_fields.items() if field.default is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """The decrypted secrets of an account, in memory only. Its repr contains none of them."""

    secrets: Mapping[str, str] = field(repr=False)
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedAccount:
    """An account that was connected: its identity, its data and its credential.

    Args:
        platform_account_id: the permanent id on the platform.
        granted_by: the platform's id of the person who consented, if its callbacks name the person (`OAuth.withdrawn`).
        data: what later flows need and is not secret, as plain JSON (a host, a chosen page).
        token_expires_at: when a person must reconnect; None if the credential can be refreshed without one.
        preferences: the initial preferences. An account that was connected before keeps its own.
    """

    platform_account_id: str
    handle: str | None
    display_name: str | None
    credential: Credential
    avatar_url: str | None = None
    granted_by: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    scopes: tuple[str, ...] = ()
    token_expires_at: datetime | None = None
    preferences: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An app of this deployment that was registered at one of a platform's servers."""

    server: str
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """How accounts are connected on a server that the person chooses.

    `AccountFacts.data["server"]` is the server's name. The credential holds the app's client id and secret if later
    flows need them.

    Args:
        parse: returns the normalized name of the server, at most 255 characters, from the text that a person entered
            (`https://Social.Example/@me` → `social.example`); raises a `RequestError` of the platform's refusals if the
            text does not name a server.
        register: registers this deployment's app at the server, for one redirect URI; raises `PlatformFailure`. An
            `Unaddressable` host needs no handling.
    """

    parse: Callable[[str], str]
    register: Callable[[str, str, Any], Flow[App]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRequest:
    """The parameters of a consent page. `code_challenge` uses the method S256 (RFC 7636).

    `app`: the app at the chosen server, if `OAuth.servers` is set.
    """

    redirect_uri: str
    state: str
    code_challenge: str
    app: App | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """The result of a consent, good for one exchange. `code_verifier` belongs to the request's `code_challenge`.

    `app`: the app of the request, if `OAuth.servers` is set.
    """

    code: str = field(repr=False)
    redirect_uri: str
    code_verifier: str = field(repr=False)
    app: App | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """A request of a platform to this deployment. Header names are in lower case."""

    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a callback reports about an account.

    Args:
        owner_id: the platform's id of the account, or of the person who granted it (`ConnectedAccount.granted_by`).
        finished: the `HandOver.uri` of a post that a person has published on the platform. None if the platform has
            only made progress.
        url: the URL of that post, if the platform reported it.
        is_withdrawn: True if the account's owner has revoked the access.
    """

    owner_id: str
    finished: str | None = None
    url: str | None = None
    is_withdrawn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth:
    """How a person lets this deployment's app act for accounts (RFC 6749, authorization code).

    Args:
        consent_url: returns the URL to send the person's browser to.
        accounts: returns every account that the consent covers; raises `PlatformFailure`. If the server does not know
            the grant's app, `response["code"]` of the failure is `invalid_client` (RFC 6749 section 5.2).
        features: the scopes that each feature needs. Connecting requests all of them. `a or b`: one of both, where the
            platform has several logins.
        withdrawn: returns the ids of the accounts that withdrew their consent, from a callback; raises `ValueError` if
            the platform did not sign it. Where a person consents for several accounts, it is the id of the person
            (`ConnectedAccount.granted_by`). None if the platform sends no such callbacks.
        servers: how an app is registered at the server that the person chooses. None if all accounts of the platform
            are on one server, where the operator has registered the app.
    """

    consent_url: Callable[[ConsentRequest, Any], str]
    accounts: Callable[[Grant, Any], Flow[tuple[ConnectedAccount, ...]]]
    features: Mapping[str, tuple[str, ...]]
    withdrawn: Callable[[Callback, Any], Collection[str]] | None = None
    servers: Servers | None = None

    def missing(self, scopes: Collection[str]) -> tuple[str, ...]:
        """Return the features that lack a granted scope; none if the granted scopes are unknown."""
        if not scopes:
            return ()
        granted = set(scopes)
        return tuple(
            name
            for name, needed in self.features.items()
            if any(granted.isdisjoint(one.split(" or ")) for one in needed)
        )
