"""From a request and its accounts to the posts that would be stored: overrides, options, media, rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from letmepost.domain.content import MediaFacts, MediaItem, MediaKind, PostContent, ThreadPart
from letmepost.domain.errors import InvalidRequest, NotFound, PreflightFailed, TargetViolation
from letmepost.domain.ids import MalformedIdError, Prefix, parse, spell
from letmepost.domain.rules import preflight
from letmepost.domain.text import is_storable
from letmepost.gateways.clock import Clock
from letmepost.platforms.contract import Platform
from letmepost.services.callers import new_id
from letmepost.services.requests import ContentRequest, MediaRequest, PostRequest
from letmepost.services.worlds import Worlds
from letmepost.storage.accounts import AccountRow
from letmepost.storage.media import MediaRow
from letmepost.storage.posts import NewPost

_FIELDS = {"text": "text", "media": "media", "firstComment": "first_comment", "thread": "thread"}


@dataclass(frozen=True, slots=True)
class NewMedia:
    """A medium that the request brings along: bytes to store, or a URL to fetch."""

    id: UUID
    profile_id: UUID
    url: str | None
    data: bytes | None
    facts: MediaFacts | None


@dataclass(frozen=True, slots=True)
class Composed:
    """What would be stored."""

    posts: Sequence[NewPost]
    media: Sequence[NewMedia]


@dataclass
class Composer:
    """Composes the posts of one request.

    Args:
        known_media: the media that the request names by id, as far as they exist.
        inline_facts: what the bytes in the request say, by identity of the request's own objects.
    """

    worlds: Worlds
    clock: Clock
    known_media: Mapping[UUID, MediaRow]
    inline_facts: Mapping[int, MediaFacts]
    new_media: list[NewMedia] = field(default_factory=list)

    def compose(self, request: PostRequest, accounts: Sequence[AccountRow]) -> Composed:
        """Every target's post, checked.

        Raises:
            InvalidRequest: options or media that are wrong in themselves.
            NotFound: `media.unknown`.
            PreflightFailed: a platform rule is broken; carries every violation of every target.
        """
        posts: list[NewPost] = []
        violations: list[TargetViolation] = []
        for index, (target, account) in enumerate(zip(request.targets, accounts, strict=True)):
            platform = self.worlds.platform(account.platform)
            merged = _merge(request.content, target.content)
            options = _options(platform, index, request.content.options, target.content)
            content = self._content(merged, _inherited(target.content), options, platform, account)
            checked = preflight(content, platform.rules)
            violations += [
                TargetViolation(index, spell(Prefix.ACCOUNT, account.id), platform.name, violation)
                for violation in checked.violations
            ]
            posts.append(
                NewPost(
                    id=new_id(self.clock),
                    account_id=account.id,
                    profile_id=account.profile_id,
                    platform=platform.name,
                    content=checked.content,
                    warnings=[{"code": warning.rule, "message": warning.message} for warning in checked.warnings],
                )
            )
        if violations:
            raise PreflightFailed(violations)
        return Composed(posts, self.new_media)

    def _content(
        self,
        merged: ContentRequest,
        inherited: frozenset[str],
        options: Mapping[str, Any],
        platform: Platform,
        account: AccountRow,
    ) -> PostContent:
        media_ids = platform.options.model_validate(options).media_ids()
        return PostContent(
            text=merged.text,
            media=tuple(self._item(item, account) for item in merged.media),
            first_comment=merged.first_comment,
            thread=tuple(
                ThreadPart(text=part.text, media=tuple(self._item(item, account) for item in part.media))
                for part in merged.thread
            ),
            options=options,
            option_media={path: self._option_item(text, account) for path, text in media_ids.items()},
            inherited=inherited,
        )

    def _item(self, item: MediaRequest, account: AccountRow) -> MediaItem:
        if item.media_id is not None:
            media_id, facts = item.media_id, self._known(item.media_id, account).facts
        else:
            media_id, facts = new_id(self.clock), self.inline_facts.get(id(item))
            self.new_media.append(NewMedia(media_id, account.profile_id, item.url, item.data, facts))
        return MediaItem(kind=item.kind, media_id=media_id, alt_text=item.alt_text, title=item.title, facts=facts)

    def _option_item(self, text: str, account: AccountRow) -> MediaItem:
        try:
            media_id = parse(Prefix.MEDIA, text)
        except MalformedIdError:
            raise _unknown_media() from None
        return MediaItem(kind=MediaKind.IMAGE, media_id=media_id, facts=self._known(media_id, account).facts)

    def _known(self, media_id: UUID, account: AccountRow) -> MediaRow:
        row = self.known_media.get(media_id)
        if row is None or row.profile_id != account.profile_id:
            raise _unknown_media()
        if row.status == "failed":
            message = (row.error or {}).get("message", "Its bytes cannot be had.")
            raise InvalidRequest(
                f"{spell(Prefix.MEDIA, media_id)}: {message}",
                rule="media.unreadable",
                remediation="Upload it again.",
            )
        return row


def option_media_ids(request: PostRequest, accounts: Sequence[AccountRow], worlds: Worlds) -> set[UUID]:
    """The media that the targets' options name; wrong options are found out later."""
    found: set[UUID] = set()
    for index, (target, account) in enumerate(zip(request.targets, accounts, strict=True)):
        platform = worlds.platform(account.platform)
        options = _options(platform, index, request.content.options, target.content)
        for text in platform.options.model_validate(options).media_ids().values():
            try:
                found.add(parse(Prefix.MEDIA, text))
            except MalformedIdError:
                raise _unknown_media() from None
    return found


def _merge(defaults: ContentRequest, target: ContentRequest) -> ContentRequest:
    """The target's own fields where given, the defaults elsewhere; an override replaces, it does not merge."""

    def chosen(name: str) -> Any:
        return getattr(target if name in target.given else defaults, _FIELDS[name])

    return ContentRequest(
        text=chosen("text"),
        media=chosen("media"),
        first_comment=chosen("firstComment"),
        thread=chosen("thread"),
    )


def _inherited(target: ContentRequest) -> frozenset[str]:
    return frozenset(_FIELDS) - target.given


def _options(
    platform: Platform, index: int, defaults: Mapping[str, Any] | None, target: ContentRequest
) -> Mapping[str, Any]:
    """The platform's options in the wire's spelling, validated against its closed schema."""
    is_own = "options" in target.given
    value = target.options if is_own else (defaults or {}).get(platform.name)
    prefix = f"targets[{index}].options" if is_own else f"options.{platform.name}"
    try:
        parsed = platform.options.model_validate(value or {})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        path = ".".join([prefix, *map(str, first["loc"])])
        raise InvalidRequest(f"{path}: {first['msg']}", rule=path, platform=platform.name) from error
    if parsed.platform not in {None, platform.name}:
        raise InvalidRequest(
            f"{prefix}.platform is {parsed.platform!r}, but the target is on {platform.name}.",
            rule=f"{prefix}.platform",
        )
    return parsed.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"platform"})


def check_storable(value: Any, path: str = "") -> None:
    """Refuse text that cannot be stored or sent, wherever it stands in a JSON value.

    Raises:
        InvalidRequest: a NUL character, or half of a surrogate pair.
    """
    if isinstance(value, str):
        if not is_storable(value):
            raise InvalidRequest(
                f"{path or 'The body'} holds a NUL character or half of a surrogate pair.",
                rule=path or "body",
                remediation="Send well-formed Unicode text.",
            )
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            check_storable(name, path)
            check_storable(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            check_storable(inner, f"{path}[{index}]")


def _unknown_media() -> NotFound:
    missing = NotFound("medium")
    missing.rule = "media.unknown"
    missing.remediation = "Upload it first, under the same profile as the target's account."
    return missing
