"""Composes the posts of a request: applies overrides, resolves media, checks rules."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any
from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.accounts import AccountStatus
from letmepost.domain.content import MediaFacts, MediaItem, MediaKind, PostContent, ThreadPart
from letmepost.domain.errors import PreflightFailed, TargetViolation
from letmepost.domain.fitting.fit import Fit
from letmepost.domain.ids import MalformedIdError, Prefix, format_id, parse_id
from letmepost.domain.media import MediaStatus
from letmepost.domain.rules import PostTarget, preflight
from letmepost.domain.text import as_compared
from letmepost.domain.violations import Violation
from letmepost.gateways.clock import Clock
from letmepost.platforms.contract import Options, Platform
from letmepost.services.callers import new_id
from letmepost.services.platform_access import Worlds
from letmepost.services.posts.fitting import FittedItem, Fitting, NewDerived, fit_warnings
from letmepost.services.posts.requests import ContentRequest, MediaRequest, PostRequest
from letmepost.services.posts.targets import options_of, unused_options
from letmepost.storage.accounts.accounts import AccountRow
from letmepost.storage.media.media import MediaRow
from letmepost.storage.posts.batches import NewPost
from letmepost.storage.posts.contents import used_media_ids

_FIELDS = {"text": "text", "media": "media", "firstComment": "first_comment", "thread": "thread"}


@dataclass(frozen=True, slots=True)
class NewMedia:
    """A media item in a request: bytes to store, or a URL to fetch."""

    id: UUID
    profile_id: UUID
    url: str | None
    data: bytes | None
    facts: MediaFacts | None


@dataclass(frozen=True, slots=True)
class Composed:
    """The posts and media items to store."""

    posts: Sequence[NewPost]
    media: Sequence[NewMedia]
    derived: Sequence[NewDerived]

    @property
    def has_bytes(self) -> bool:
        """True if the request contains files."""
        return any(item.data is not None for item in self.media)


@dataclass(frozen=True, slots=True)
class JudgedTarget:
    """One target: the post that would be stored, its violations, and a warning for each omitted or converted item."""

    account: AccountRow
    platform: Platform
    post: NewPost
    violations: tuple[Violation, ...]
    warnings: tuple[Violation, ...]
    fitted: tuple[FittedItem, ...]


@dataclass
class Composer:
    """Composes the posts of one request.

    Args:
        known_media: the existing media items that the request names by id.
        derived: what was converted earlier from media items of the request, or from the same bytes.
        inline_facts: the facts of the bytes in the request, by identity of the request's objects.
        can_fetch: True if the platforms can fetch media items from this deployment.
    """

    worlds: Worlds
    clock: Clock
    known_media: Mapping[UUID, MediaRow]
    derived: Sequence[MediaRow]
    inline_facts: Mapping[int, MediaFacts]
    can_fetch: bool
    new_media: list[NewMedia] = field(default_factory=list)
    _identities: dict[UUID, bytes] = field(default_factory=dict)
    _hashes: dict[UUID, bytes] = field(default_factory=dict)
    _fitting: Fitting = field(init=False)

    def __post_init__(self) -> None:
        self._fitting = Fitting(self.clock, self.derived, self._hashes)

    async def compose(self, request: PostRequest, accounts: Sequence[AccountRow]) -> Composed:
        """Return the post of every target. Media items that every target omits are not stored.

        Raises:
            InvalidRequest: options or media items are invalid on their own.
            NotFound: `media.unknown`.
            PreflightFailed: platform rules are broken. The error has every violation of every target.
        """
        judged = await self.judge(request, accounts)
        violations = [
            TargetViolation(index, format_id(Prefix.ACCOUNT, target.account.id), target.platform.name, violation)
            for index, target in enumerate(judged)
            for violation in target.violations
        ]
        if violations:
            raise PreflightFailed(violations)
        posts = [target.post for target in judged]
        used = {media_id for post in posts for media_id in used_media_ids(post.content)}
        return Composed(
            posts,
            [item for item in self.new_media if item.id in used],
            [item for item in self._fitting.new if item.id in used],
        )

    async def judge(self, request: PostRequest, accounts: Sequence[AccountRow]) -> list[JudgedTarget]:
        """Return the post of every target with its violations and warnings.

        The event loop serves other requests between targets, and between long texts of a target.

        Raises:
            InvalidRequest, NotFound: as `compose`.
        """
        unused = unused_options(request, {account.platform for account in accounts})
        judged = []
        for index, (target, account) in enumerate(zip(request.targets, accounts, strict=True)):
            platform = self.worlds.platform(account.platform)
            options = options_of(platform, index, request.content.options, target.content)
            content = self._content(_merge(request.content, target.content), request, target.fit, options, account)
            judged.append(await self._judged(content, platform, account, unused))
        return judged

    async def _judged(
        self, content: PostContent, platform: Platform, account: AccountRow, unused: Sequence[Violation]
    ) -> JudgedTarget:
        target = platform.target(content, account.facts, self.clock.now())
        fitted = await self._fitting.fit(target, platform, account.profile_id)
        checked_target = replace(target, content=fitted.content)
        await _prepare(checked_target, platform)
        checked = preflight(checked_target, platform.rules)
        converted = fitted.remaining(checked.content)
        violations = (*self._unreachable(platform, checked.content), *checked.violations)
        warnings = (*unused, *checked.warnings, *fit_warnings(content, converted, platform.title))
        post = NewPost(
            id=new_id(self.clock),
            account_id=account.id,
            profile_id=account.profile_id,
            platform=platform.name,
            content=checked.content,
            # A post that is rejected is never compared, and its texts may be long.
            content_hash=b"" if violations else self._hash(checked.content),
            warnings=[*_account_warnings(account), *(_stored(warning) for warning in warnings)],
        )
        return JudgedTarget(account, platform, post, violations, warnings, converted)

    def _unreachable(self, platform: Platform, content: PostContent) -> Iterator[Violation]:
        """Yield a violation if the platform fetches media items and cannot reach this deployment."""
        is_pulled = any(item.kind in platform.pulled_kinds for _, item in content.every_item())
        if platform.pulls_media and not self.can_fetch and is_pulled:
            refusal = refusals.media.PUBLIC_URL_REQUIRED
            yield Violation(
                rule=refusal.id,
                field="media",
                message=refusal.describe(title=platform.title),
                remediation=refusal.advise(),
            )

    def _hash(self, content: PostContent) -> bytes:
        """Return a digest of the texts and media items. Two posts with the same digest look the same to a platform."""
        digest = sha256()
        for text, media in [(content.text, content.media), *((part.text, part.media) for part in content.thread)]:
            digest.update(as_compared(text).encode() + b"\0")
            for item in media:
                digest.update(self._identities[item.source_id or item.media_id] + b"\0")
        return digest.digest()

    def _identity(self, item: MediaRequest) -> bytes:
        if item.data is not None:
            return sha256(item.data).digest()
        known = None if item.media_id is None else self.known_media.get(item.media_id)
        if known is not None and known.sha256:
            return known.sha256
        return str(item.url or item.media_id).encode()

    def _content(
        self,
        merged: ContentRequest,
        request: PostRequest,
        fit: Fit | None,
        options: Mapping[str, Any],
        account: AccountRow,
    ) -> PostContent:
        named = self.worlds.platform(account.platform).options.model_validate(options).media_ids()
        return PostContent(
            text=merged.text,
            media=tuple(self._item(item, fit, account) for item in merged.media),
            first_comment=merged.first_comment,
            thread=tuple(
                ThreadPart(text=part.text, media=tuple(self._item(item, fit, account) for item in part.media))
                for part in merged.thread
            ),
            options=options,
            option_media={path: self._option_item(text, fit, account) for path, text in named.items()},
            on_unsupported=request.on_unsupported,
            fit=fit,
            lengths=request.lengths,
        )

    def _item(self, item: MediaRequest, fit: Fit | None, account: AccountRow) -> MediaItem:
        if item.media_id is not None:
            media_id, facts = item.media_id, self._known(item.media_id, account).facts
        else:
            media_id, facts = new_id(self.clock), self.inline_facts.get(id(item))
            self.new_media.append(NewMedia(media_id, account.profile_id, item.url, item.data, facts))
        self._identities[media_id] = self._identity(item)
        if item.data is not None:
            self._hashes[media_id] = self._identities[media_id]
        fit = item.fit or fit
        return MediaItem(
            kind=_kind(item, facts),
            media_id=media_id,
            alt_text=item.alt_text,
            title=item.title,
            facts=facts,
            fit=fit,
            thumbnail=None if item.thumbnail is None else self._item(item.thumbnail, fit, account),
        )

    def _option_item(self, text: str, fit: Fit | None, account: AccountRow) -> MediaItem:
        try:
            media_id = parse_id(Prefix.MEDIA, text)
        except MalformedIdError:
            raise refusals.media.UNKNOWN(media_id=text) from None
        facts = self._known(media_id, account).facts
        return MediaItem(kind=MediaKind.IMAGE, media_id=media_id, facts=facts, fit=fit)

    def _known(self, media_id: UUID, account: AccountRow) -> MediaRow:
        row = self.known_media.get(media_id)
        if row is None or row.derived_from is not None or row.profile_id != account.profile_id:
            raise refusals.media.UNKNOWN(media_id=format_id(Prefix.MEDIA, media_id))
        if row.status == MediaStatus.FAILED:
            problem = (row.error or {}).get("message", "its bytes are missing.")
            raise refusals.media.FAILED(media_id=format_id(Prefix.MEDIA, media_id), problem=problem)
        if row.sha256 is not None:
            self._hashes[media_id] = row.sha256
        return row


async def _prepare(target: PostTarget[Options], platform: Platform) -> None:
    """Do the slow part of the validation in steps, so that the event loop can serve other requests in between."""
    await asyncio.sleep(0)
    for rule in platform.rules:
        for _ in rule.prepare(target):
            await asyncio.sleep(0)


def _kind(item: MediaRequest, facts: MediaFacts | None) -> MediaKind:
    if item.kind is not None:
        return item.kind
    if facts is not None:
        return facts.kind
    source = item.url if item.media_id is None else format_id(Prefix.MEDIA, item.media_id)
    raise refusals.media.KIND_REQUIRED(source=source)


def _stored(warning: Violation) -> dict[str, str]:
    return {"code": warning.rule, "message": warning.message, "field": warning.field}


def _account_warnings(account: AccountRow) -> list[dict[str, str]]:
    """Return a warning if the account must be reconnected before the post is due."""
    if account.status != AccountStatus.REAUTH_REQUIRED:
        return []
    refusal = refusals.accounts.REAUTH_REQUIRED
    return [{"code": refusal.id, "message": refusal.describe(account_id=format_id(Prefix.ACCOUNT, account.id))}]


def _merge(defaults: ContentRequest, target: ContentRequest) -> ContentRequest:
    """Return the target's fields where given, and the defaults elsewhere. An override replaces the whole field."""

    def chosen(name: str) -> Any:
        return getattr(target if name in target.given else defaults, _FIELDS[name])

    return ContentRequest(
        text=chosen("text"),
        media=chosen("media"),
        first_comment=chosen("firstComment"),
        thread=chosen("thread"),
    )
