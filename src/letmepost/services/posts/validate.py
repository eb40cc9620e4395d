"""Validates a request without running it, and previews the first call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from letmepost.domain.costs import Cost
from letmepost.domain.flow import Call, Frozen, MediaRange
from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.playback import first_calls
from letmepost.domain.violations import Violation
from letmepost.gateways.clock import Clock
from letmepost.platforms.contract import ReadyPost
from letmepost.services.callers import Caller
from letmepost.services.media.links import MediaLinks
from letmepost.services.platform_access import Worlds
from letmepost.services.posts.accept import Acceptance
from letmepost.services.posts.compose import JudgedTarget
from letmepost.services.posts.fitting import FittedItem
from letmepost.services.posts.requests import PostRequest

_FREEZING_ENTROPY_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The first request that would be sent. Bytes of media items are shown as ids.

    `fitted`: the media items that would be converted first.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: Any
    fitted: Sequence[FittedItem]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetVerdict:
    """The preflight result of one target.

    Args:
        preview: None if there are violations, or bytes that are not stored yet.
        cost: what the platform charges; None if nothing, or without a preview.
    """

    account_id: UUID
    platform: str
    violations: Sequence[Violation]
    warnings: Sequence[Violation]
    preview: Preview | None
    cost: Cost | None


class Validation:
    """Validates requests of a caller."""

    def __init__(self, *, acceptance: Acceptance, worlds: Worlds, links: MediaLinks, clock: Clock) -> None:
        self._acceptance = acceptance
        self._worlds = worlds
        self._links = links
        self._clock = clock

    async def validate(self, caller: Caller, request: PostRequest) -> list[TargetVerdict]:
        """Return the preflight result of every target. Store and send nothing.

        Raises:
            InvalidRequest, NotFound: the request is invalid, so no platform rule was checked.
        """
        return [self._verdict(caller, target) for target in await self._acceptance.validate(caller, request)]

    def _verdict(self, caller: Caller, target: JudgedTarget) -> TargetVerdict:
        preview, cost = None, None
        post = None if target.violations else self._ready_post(caller, target)
        if post is not None:
            access = self._worlds.access(target.platform.name, caller.mode, caller.organization_id)
            calls = first_calls(access.platform.publish(post, access.settings))
            preview = _shown(calls[0], target) if calls else None
            cost = access.platform.price(post, access.settings)
        return TargetVerdict(
            account_id=target.account.id,
            platform=target.platform.name,
            violations=target.violations,
            warnings=target.warnings,
            preview=preview,
            cost=cost,
        )

    def _ready_post(self, caller: Caller, target: JudgedTarget) -> ReadyPost | None:
        """Return the post as it would be published; None if bytes are not stored yet."""
        content = target.post.content
        if any(item.facts is None for _, item in content.every_item()):
            return None
        frozen = Frozen(self._clock.now(), self._clock.entropy(_FREEZING_ENTROPY_BYTES))
        urls = self._links.of_post(caller.tenant, target.platform, target.post.id, content, frozen)
        return ReadyPost(account=target.account.facts, content=content, frozen=frozen, media_urls=urls)


def _shown(call: Call, target: JudgedTarget) -> Preview:
    sources = {
        item.media_id: item.source_id for _, item in target.post.content.every_item() if item.source_id is not None
    }

    def shown(media: MediaRange) -> dict[str, Any]:
        media_id = sources.get(media.media_id, media.media_id)  # a media item that is not stored yet has no id
        return {"mediaId": format_id(Prefix.MEDIA, media_id), "bytes": media.length_bytes}

    body: Any = call.json if call.json is not None else call.form
    if call.multipart is not None:
        body = {name: content if isinstance(content, str) else shown(content.media) for name, content in call.multipart}
    elif isinstance(call.body, MediaRange):
        body = shown(call.body)
    query = "&".join(f"{name}={value}" for name, value in call.query)
    return Preview(
        method=call.method,
        url=f"{call.url}?{query}" if query else call.url,
        headers=call.headers,
        body=body,
        fitted=target.fitted,
    )
