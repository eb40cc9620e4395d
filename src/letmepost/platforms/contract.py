"""What a platform's folder exports: one `Platform` value, made of pure functions."""

from collections.abc import Callable, Collection, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, TypeAlias

from pydantic import AnyHttpUrl, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from letmepost.domain.budgets import Budget, ResetRule
from letmepost.domain.content import PostContent
from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Call, Flow, Frozen, Intent, Reconciled, Reply
from letmepost.domain.refusals import Explanation
from letmepost.domain.rules import Rule

State: TypeAlias = MutableMapping[str, Any]
"""What a simulator remembers of one organization's world: JSON values under string keys."""


class PlatformSettings(BaseModel):
    """The deployment's settings of one platform: host names and app credentials, filled from the environment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def credentials(cls) -> tuple[str, ...]:
        """The fields without which the platform is not enabled: those that are None until somebody sets them."""
        return tuple(name for name, field in cls.model_fields.items() if field.default is None)


class Options(BaseModel):
    """A platform's own part of a request: a closed schema, camelCase on the wire.

    `platform` may be sent along, and must then be the platform's name: clients of letmepost.dev send it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, validate_by_alias=True)

    platform: str | None = None

    def media_ids(self) -> Mapping[str, str]:
        """The media that the options refer to: path inside the options → spelled media id."""
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """An account's open secret, in memory only. Its repr shows none of it."""

    secrets: Mapping[str, str] = field(repr=False)
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedAccount:
    """What connecting found: who it is, where it lives, and the credential.

    Args:
        platform_account_id: the platform's own, unchangeable id.
        data: what later flows need and need not be secret, as plain JSON (a host, a chosen page).
        token_expires_at: when a person must act; None when the credential can be refreshed without one.
    """

    platform_account_id: str
    handle: str | None
    display_name: str | None
    credential: Credential
    avatar_url: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    scopes: tuple[str, ...] = ()
    token_expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """What a flow may know of the account it works for: everything but the credential."""

    platform_account_id: str
    handle: str | None
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyPost:
    """One revision of one post, with every medium's bytes at hand.

    Args:
        media_urls: spelled media id → where the platform can fetch it for a day; the same at every run within a day of
            the revision's first. Only for platforms that pull media.
    """

    account: AccountFacts
    content: PostContent
    frozen: Frozen
    media_urls: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRequest:
    """What the page where a person consents is asked for. `code_challenge` is by S256 (RFC 7636)."""

    redirect_uri: str
    state: str
    code_challenge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What came back from that page, for the one exchange it is good for. `code_verifier` belongs to the challenge."""

    code: str = field(repr=False)
    redirect_uri: str
    code_verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth:
    """How a person lets this deployment's app act for accounts (RFC 6749, authorization code).

    Args:
        consent_url: where the person's browser is sent.
        accounts: from the grant to every account that the one consent opens; raises `PlatformFailure`.
        features: what each feature needs: its name → scopes. Connecting asks for all of them.
        withdrawn: whose consent a call of the platform to us says to have ended, as the platform's own account id, from
            the call's raw body; raises `ValueError` when the platform has not signed it. None where it makes no such
            calls.
    """

    consent_url: Callable[[ConsentRequest, Any], str]
    accounts: Callable[[Grant, Any], Flow[tuple[ConnectedAccount, ...]]]
    features: Mapping[str, tuple[str, ...]]
    withdrawn: Callable[[bytes, Any], str] | None = None

    def missing(self, scopes: Collection[str]) -> tuple[str, ...]:
        """The features for which something was not granted; none when it is not known what was granted."""
        if not scopes:
            return ()
        return tuple(name for name, needed in self.features.items() if not set(needed) <= set(scopes))


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedCall:
    """A request as it arrived at a simulator, and the state of the world to answer it by.

    `path` is relative to the simulator's root (`/xrpc/…`), `root` is where that is for the caller. Header names are in
    lower case. `entropy` is at least 32 random bytes.
    """

    method: str
    root: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    now: datetime
    entropy: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedReply:
    """What a simulator answers.

    `dropped`: the request was executed and its answer is lost on the way. `delay_s`: the server holds the connection
    open for so long before it answers.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    dropped: bool = False
    delay_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedPost:
    """What a follower of a simulated account sees, one entry a visible post; newest last."""

    uri: str
    account_id: str
    text: str
    created_at: str
    reply_to: str | None = None
    record: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulator:
    """A stateful stand-in that speaks the platform's real protocol, as pure as a flow.

    Args:
        answer: changes the state and returns the reply.
        create_account: makes an account that behaves as `scenario` says; returns the connect input with which it is
            connected, as a caller of `POST …/complete` would send it. By OAuth: `{"code": …}`, of a consent that was
            given to this settings' app without a challenge, good for any redirect URI.
        posts: what followers would see.
        scenarios: the names that `create_account` knows.
        settings: the platform's settings that point every host at the simulator's base URL.
    """

    answer: Callable[[State, SimulatedCall], SimulatedReply]
    create_account: Callable[[State, str, datetime, bytes], Mapping[str, str]]
    posts: Callable[[State], list[SimulatedPost]]
    scenarios: tuple[str, ...]
    settings: Callable[[AnyHttpUrl], PlatformSettings]


def has_one_server(_account: AccountFacts) -> None:
    """Of a platform whose accounts are all on the same servers."""


def publishes_as_itself(account: AccountFacts) -> Collection[str]:
    """Return the only author of a platform where an account publishes in its own name."""
    return (account.platform_account_id,)


def tells_no_budgets(_call: Call, _reply: Reply) -> Sequence[Budget]:
    """Of a platform whose replies say nothing of its limits."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """One network.

    Args:
        aliases: other names that callers may use for it in filters.
        api_version: the pinned version of its API, where it has any.
        sunset: the day on which the pinned version stops working, where one is announced.
        rules: every limit, checked at accept time and again when media given by URL have arrived.
        rules_for: the rules of a deployment with these settings; None where the settings do not change them.
        refusals: what its flows refuse or warn of by a name of their own; documented beside the rules.
        visibility_delay_s: how long it may take to show what it accepted; nobody reconciles earlier.
        connect_input, connect: what a person types in, and from it to an account; None where `oauth` connects.
        oauth: how a person consents, where accounts are connected that way.
        pulls_media: whether it fetches media from us (`ReadyPost.media_urls`) instead of taking their bytes.
        disconnect: revoke upstream; raises `PlatformFailure` when it cannot.
        check: by one cheap authenticated read, whether the account's credential still opens it; raises
            `PlatformFailure` when it does not.
        check_costs_money: whether that read is billed: then a refresh or a publish that went well counts as a check.
        refresh: a new credential; raises an `auth_failed` failure only when a person must reconnect. What the new one
            does not name is kept from the old one.
        needs_refresh: whether this reply says that the access token has died and that nothing was executed.
        sign: the call with what authenticates it.
        publish: the flow of a post.
        reconcile: what became of an intent, by reads; and, where the platform recognises a repeat and refuses it, by
            yielding `intent.call` itself once more. A repeat without a reply is thrown in as `unavailable`. The bytes
            of the post's media may be gone: their facts are None.
        unpublish: delete what is at these URIs, of the account's own; None where the platform cannot.
        is_there: whether a published post can still be seen, from its URI; raises `PlatformFailure` when the platform
            did not answer that. None where it cannot be asked, or bills the question.
        explain: what a refusal means; only called for replies that are not a success.
        budgets: what any reply tells of the limits that posts come up against, in the platform's own time.
        server: which of the platform's many servers an account is on: one that is away, or takes no more, holds back
            its own accounts alone. None where all are on one.
        authors: the names under which an account may publish, as `SimulatedPost.account_id` shows them.
        resets: when a used-up quota comes back whose end the refusal does not tell; None where nobody knows.
    """

    name: str
    title: str
    aliases: tuple[str, ...] = ()
    api_version: str | None
    sunset: date | None = None
    rules: tuple[Rule, ...]
    rules_for: Callable[[Any], tuple[Rule, ...]] | None = None
    refusals: tuple[Explanation, ...] = ()
    options: type[Options]
    settings: type[PlatformSettings]
    visibility_delay_s: float
    connect_input: type[BaseModel] | None = None
    connect: Callable[[Any, Any], Flow[ConnectedAccount]] | None = None
    oauth: OAuth | None = None
    pulls_media: bool = False
    disconnect: Callable[[AccountFacts, Any], Flow[None]]
    check: Callable[[AccountFacts, Any], Flow[None]]
    check_costs_money: bool = False
    refresh: Callable[[AccountFacts, Any], Flow[Credential]]
    needs_refresh: Callable[[Reply], bool]
    sign: Callable[[Call, Credential, datetime, bytes], Call]
    publish: Callable[[ReadyPost, Any], Flow[None]]
    reconcile: Callable[[ReadyPost, Intent, Any], Flow[Reconciled]]
    unpublish: Callable[[AccountFacts, Sequence[str], Any], Flow[None]] | None
    is_there: Callable[[AccountFacts, str, Any], Flow[bool]] | None = None
    explain: Callable[[Call, Reply], PlatformFailure]
    budgets: Callable[[Call, Reply], Sequence[Budget]] = tells_no_budgets
    server: Callable[[AccountFacts], str | None] = has_one_server
    authors: Callable[[AccountFacts], Collection[str]] = publishes_as_itself
    resets: ResetRule | None = None
    simulator: Simulator

    def configured(self, settings: PlatformSettings) -> "Platform":
        """Return this platform with the rules of a deployment with these settings."""
        return self if self.rules_for is None else replace(self, rules=self.rules_for(settings))
