"""The interface of a platform's folder: one `Platform` value, made of pure functions."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, tzinfo
from typing import Any, TypeAlias

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.budgets import Budget, ResetRule
from letmepost.domain.content import MediaKind, PostContent
from letmepost.domain.costs import Cost
from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Call, Flow, Frozen, Intent, Reconciled, Reply
from letmepost.domain.refusals import Explanation
from letmepost.domain.rules import PostTarget, Rule
from letmepost.platforms.connecting import (
    Callback,
    ConnectedAccount,
    Credential,
    Notice,
    OAuth,
    PlatformSettings,
    Servers,
)
from letmepost.platforms.resources import Resource, ResourceChange, ResourceView
from letmepost.platforms.simulation import Simulator


class Options(BaseModel):
    """The options of a platform in a request: a closed schema, camelCase in JSON.

    `platform` is optional, and must be the name of the platform: clients of letmepost.dev send it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, validate_by_alias=True)

    platform: str | None = None

    def media_ids(self) -> Mapping[str, str]:
        """Return the media ids that the options refer to, by their path inside the options."""
        return {}


Sign: TypeAlias = Callable[[Call, Credential, datetime, bytes], Call]
"""Returns a call with its authentication, from the credential, the time and entropy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyPost:
    """One revision of one post. The bytes of every media item are available.

    Args:
        media_urls: media id → URL where the platform can fetch the item for a day. The URLs are the same in every run
            within a day of the revision's first. Only for platforms that fetch media.
    """

    account: AccountFacts
    content: PostContent
    frozen: Frozen
    media_urls: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Permission:
    """A call of the platform's flows, and what an account's owner must allow for it. For the documentation.

    Args:
        call: its method and path, with variable parts in braces: `DELETE /2/tweets/{id}`.
        purpose: what it is for, as a phrase.
        scopes: all that the call needs; none if the platform has no scopes, or the call needs none.
    """

    call: str
    purpose: str
    scopes: tuple[str, ...] = ()


def has_one_server(_account: AccountFacts) -> None:
    """Return None: all accounts of the platform are on the same servers."""


def publishes_as_itself(account: AccountFacts) -> Collection[str]:
    """Return the only author of a platform where an account publishes in its own name."""
    return (account.platform_account_id,)


def costs_nothing(_call: Call) -> None:
    """Return None: the platform charges for no call."""


def no_daily_limits(_settings: Any) -> Mapping[str, int]:
    """Return nothing: the platform does not limit what an app may spend in a day."""
    return {}


def no_priced_calls(_post: ReadyPost, _settings: Any) -> Sequence[Call]:
    """Return nothing: the platform charges for no call."""
    return ()


def no_budgets(_call: Call, _reply: Reply) -> Sequence[Budget]:
    """Return nothing: the platform's responses contain no limits."""
    return ()


def revokes_nothing(_account: AccountFacts, _settings: Any) -> Flow[None]:
    """Do nothing: the platform has no call that revokes a credential."""
    yield from ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountBlock:
    """What an account in this service's API shows about its platform, in a field with the name of the platform.

    Args:
        view: the schema of the field.
        show: returns its value.
    """

    view: type[ResourceView]
    show: Callable[[AccountFacts], ResourceView]


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """One social network.

    Args:
        aliases: other names that callers may use for it in requests.
        api_version: the version of its API that this release was tested with, if it has versions. Its settings then
            have the field `api_version`, with this default, so that an operator can use another one.
        sunsets: the days on which versions stop working, as far as they are announced.
        rules: every limit, checked when a post is accepted, and again when media given by URL have arrived.
        rules_for: returns the rules of a deployment with these settings; None if the settings do not change them.
        refusals: what its flows refuse or warn about beyond the rules, with ids of their own.
        permissions: every call of its flows.
        never_raised: documented ids that cannot occur here. Each page states why.
        visibility_delay_s: how long the platform may take to show a post that it accepted. Reconciling starts later.
        connect_input, connect: the form that a person fills in, and the flow that connects the account; None with
            `oauth`.
        oauth: how a person consents, if accounts are connected by consent.
        pulls_media: True if the platform fetches media from this service (`ReadyPost.media_urls`) instead of receiving
            their bytes.
        pulled_kinds: the kinds of media items that it fetches; bytes of the others are sent.
        disconnect: revokes the credential; raises `PlatformFailure` if that fails. By default, it does nothing: a
            person can remove the app on the platform.
        check: checks the credential with cheap authenticated reads; raises `PlatformFailure` if it is not accepted.
            Returns the account's new `data` if it can change and the platform reported it. None if the reads confirm
            the credential only: what the account was allowed to do when it was connected is then confirmed, too.
        check_costs_money: True if that read is billed. A successful refresh or publish then counts as a check.
        refresh: returns a new credential; raises an `auth_failed` failure only if a person must reconnect. Secrets that
            are missing in the new credential are kept from the old one.
        needs_refresh: returns True if the reply shows that the access token has expired and that nothing was executed.
        sign: returns the call with its authentication.
        sign_for: returns the `sign` of a deployment with these settings; None if they do not change it.
        publish: publishes a post.
        reconcile: returns what became of an intent, by reads. Where the platform detects and refuses a repeat, it may
            also yield `intent.call` once more; a repeat without a reply raises `unavailable` in the flow. The bytes of
            the post's media may be deleted: their facts are then None.
        unpublish: deletes the account's posts at these URIs; None if the platform cannot delete.
        is_there: returns whether a published post is still visible, from its URI; raises `PlatformFailure` if the
            platform did not report that. None if the platform has no such read, or bills it.
        notified: returns what a callback reports about accounts; raises `ValueError` if the platform did not sign it.
            Posts of these accounts that wait in a `Pause` continue now, and read the state themselves. A post that was
            handed over has no flow that could read it, so a `Notice` settles it. None if the platform sends none.
        explain: returns what a refusal means. It is called only for replies that are not a success.
        budgets: returns the limits on posts that any reply reports, in the platform's own time.
        costs: returns what the platform charges for a call; None if nothing, or if the amount depends on the reply.
            Every call that reaches the platform counts, even if it is refused.
        cost_zone: the time zone in which a new day of costs begins at midnight.
        daily_limits: returns what the deployment's app may spend in a day, by the unit of the costs. A post that would
            exceed it waits until the next day.
        priced_calls: returns the calls of a publication that have a price. Ids that earlier calls return are empty.
        server: returns which of the platform's many servers an account is on. A server that is unavailable or full
            holds back only its own accounts. None if all accounts are on one.
        authors: returns the names under which an account may publish, as in `SimulatedPost.account_id`.
        resets: returns when a used-up quota resets if the refusal does not state it; None if unknown.
        resources: what callers can read of an account.
        changes: what callers can change of an account.
        account_block: what an account shows about the platform; None if nothing.
    """

    name: str
    title: str
    aliases: tuple[str, ...] = ()
    api_version: str | None
    sunsets: Mapping[str, date] = field(default_factory=dict)
    rules: tuple[Rule, ...]
    rules_for: Callable[[Any], tuple[Rule, ...]] | None = None
    refusals: tuple[Explanation, ...] = ()
    never_raised: tuple[Explanation, ...] = ()
    permissions: tuple[Permission, ...] = ()
    options: type[Options]
    settings: type[PlatformSettings]
    visibility_delay_s: float
    connect_input: type[BaseModel] | None = None
    connect: Callable[[Any, Any], Flow[ConnectedAccount]] | None = None
    oauth: OAuth | None = None
    pulls_media: bool = False
    pulled_kinds: Collection[MediaKind] = frozenset(MediaKind)
    disconnect: Callable[[AccountFacts, Any], Flow[None]] = revokes_nothing
    check: Callable[[AccountFacts, Any], Flow[Mapping[str, Any] | None]]
    check_costs_money: bool = False
    refresh: Callable[[AccountFacts, Any], Flow[Credential]]
    needs_refresh: Callable[[Reply], bool]
    sign: Sign
    sign_for: Callable[[Any], Sign] | None = None
    publish: Callable[[ReadyPost, Any], Flow[None]]
    reconcile: Callable[[ReadyPost, Intent, Any], Flow[Reconciled]]
    unpublish: Callable[[AccountFacts, Sequence[str], Any], Flow[None]] | None
    is_there: Callable[[AccountFacts, str, Any], Flow[bool]] | None = None
    notified: Callable[[Callback, Any], Collection[Notice]] | None = None
    explain: Callable[[Call, Reply], PlatformFailure]
    budgets: Callable[[Call, Reply], Sequence[Budget]] = no_budgets
    costs: Callable[[Call], Cost | None] = costs_nothing
    cost_zone: tzinfo = UTC
    daily_limits: Callable[[Any], Mapping[str, int]] = no_daily_limits
    priced_calls: Callable[[ReadyPost, Any], Sequence[Call]] = no_priced_calls
    server: Callable[[AccountFacts], str | None] = has_one_server
    authors: Callable[[AccountFacts], Collection[str]] = publishes_as_itself
    resets: ResetRule | None = None
    resources: tuple[Resource, ...] = ()
    changes: tuple[ResourceChange, ...] = ()
    account_block: AccountBlock | None = None
    simulator: Simulator

    @property
    def servers(self) -> Servers | None:
        """How an account is connected on a server that the person chooses; None if there is no choice."""
        return None if self.oauth is None else self.oauth.servers

    def prices(self, post: ReadyPost, settings: PlatformSettings) -> Mapping[str, int]:
        """Return what the platform charges for publishing a post, by unit. Retries and look-ups cost extra."""
        total: Counter[str] = Counter()
        for call in self.priced_calls(post, settings):
            if (cost := self.costs(call)) is not None:
                total[cost.unit] += cost.amount
        return total

    def price(self, post: ReadyPost, settings: PlatformSettings) -> Cost | None:
        """Return the price of publishing a post in the unit of its first priced call; None if nothing is charged."""
        return next((Cost(unit, amount) for unit, amount in self.prices(post, settings).items()), None)

    def configured(self, settings: PlatformSettings) -> "Platform":
        """Return this platform with the rules and the API version of a deployment with these settings."""
        rules = self.rules if self.rules_for is None else self.rules_for(settings)
        return replace(self, rules=rules, api_version=getattr(settings, "api_version", None))

    def signing_for(self, settings: PlatformSettings) -> "Platform":
        """Return this platform with the `sign` of a deployment with these settings."""
        return self if self.sign_for is None else replace(self, sign=self.sign_for(settings))

    @property
    def sunset(self) -> date | None:
        """Return the day on which the API version stops working; None if none is announced."""
        return None if self.api_version is None else self.sunsets.get(self.api_version)

    def target(self, content: PostContent, account: AccountFacts, now: datetime) -> PostTarget[Options]:
        """Return a post for an account, for the rules. Its options are parsed here, once.

        Raises:
            ValidationError: the options do not match the schema.
        """
        options = self.options.model_validate(content.options)
        return PostTarget(content=content, options=options, account=account, now=now)
