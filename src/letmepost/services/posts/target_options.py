"""What each target's platform is told besides the content: its options, and the media that they name."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from letmepost.domain.content import OnUnsupported
from letmepost.domain.errors import InvalidRequest, NotFound
from letmepost.domain.ids import MalformedIdError, Prefix, parse
from letmepost.domain.rules import Violation
from letmepost.platforms.contract import Options, Platform
from letmepost.services.platform_access import Worlds
from letmepost.services.posts.requests import ContentRequest, PostRequest
from letmepost.storage.accounts.accounts import AccountRow


def check_default_options(request: PostRequest, platforms: Collection[str], worlds: Worlds) -> None:
    """Check the options that the request gives for all targets. `platforms`: those of the targets.

    Raises:
        InvalidRequest: options are wrong, or are for a platform that does not exist or, unless the request allows
            omissions, that no target is on.
    """
    for name, value in (request.content.options or {}).items():
        if name not in worlds.platforms:
            raise InvalidRequest(
                f"options.{name}: there is no such platform.",
                rule=f"options.{name}",
                remediation=f"Choose among: {', '.join(worlds.platforms)}; or give a target's options with the target.",
            )
        _parsed(worlds.platform(name), value, f"options.{name}")
    if request.on_unsupported is OnUnsupported.REJECT:
        for unused in unused_options(request, platforms):
            raise InvalidRequest(unused.message, rule=unused.field, remediation=unused.remediation)


def unused_options(request: PostRequest, platforms: Collection[str]) -> list[Violation]:
    """Return a finding for each platform that the request has options for and no target is on."""
    return [
        Violation(
            rule="options.no_target",
            field=f"options.{name}",
            message=f"`options.{name}` has no effect: no target is on {name}.",
            remediation="Remove the options, or add a target on that platform.",
        )
        for name in request.content.options or {}
        if name not in platforms
    ]


def options_of(
    platform: Platform, index: int, defaults: Mapping[str, Any] | None, target: ContentRequest
) -> Mapping[str, Any]:
    """The platform's options in the wire's spelling, validated against its closed schema."""
    is_own = "options" in target.given
    value = target.options if is_own else (defaults or {}).get(platform.name)
    prefix = f"targets[{index}].options" if is_own else f"options.{platform.name}"
    return _parsed(platform, value, prefix).model_dump(
        mode="json", by_alias=True, exclude_none=True, exclude_unset=True, exclude={"platform"}
    )


def option_media_ids(request: PostRequest, accounts: Sequence[AccountRow], worlds: Worlds) -> set[UUID]:
    """The media that the targets' options name; wrong options are found out later."""
    found: set[UUID] = set()
    for index, (target, account) in enumerate(zip(request.targets, accounts, strict=True)):
        platform = worlds.platform(account.platform)
        options = options_of(platform, index, request.content.options, target.content)
        for text in platform.options.model_validate(options).media_ids().values():
            try:
                found.add(parse(Prefix.MEDIA, text))
            except MalformedIdError:
                raise unknown_medium() from None
    return found


def unknown_medium() -> NotFound:
    """A post names a medium that its account's profile does not have."""
    missing = NotFound("medium")
    missing.rule = "media.unknown"
    missing.remediation = "Upload it first, under the same profile as the target's account."
    return missing


def _parsed(platform: Platform, value: Any, prefix: str) -> Options:
    try:
        parsed = platform.options.model_validate({} if value is None else value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        path = prefix + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
        if path == f"{prefix}.platform":
            raise _mismatch(platform, path) from error
        raise InvalidRequest(f"{path}: {first['msg']}", rule=path, platform=platform.name) from error
    if parsed.platform not in {None, platform.name}:
        raise _mismatch(platform, f"{prefix}.platform")
    return parsed


def _mismatch(platform: Platform, path: str) -> InvalidRequest:
    return InvalidRequest(
        f"{path} is not {platform.name!r}, where the target is.",
        rule="targets.options.platform_mismatch",
        remediation="Leave platform out of the options, or name the target's own.",
        platform=platform.name,
    )
