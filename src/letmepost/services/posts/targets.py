"""The targets of a request: the account of each, its platform options, and the media items that these name."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from letmepost.domain.accounts import AccountStatus
from letmepost.domain.content import OnUnsupported
from letmepost.domain.errors import InvalidRequest, NotFound
from letmepost.domain.ids import MalformedIdError, Prefix, parse, spell
from letmepost.domain.rules import Violation
from letmepost.platforms.contract import Options, Platform
from letmepost.services.platform_access import Worlds
from letmepost.services.posts.requests import ContentRequest, PostRequest, TargetRequest
from letmepost.storage.accounts.accounts import AccountRow


def resolve_targets(request: PostRequest, accounts: Sequence[AccountRow]) -> list[AccountRow]:
    """Return the account of each target, in the order of the targets.

    Raises:
        InvalidRequest: no account or several accounts match a target, or two targets have the same account.
    """
    by_id = {account.id: account for account in accounts}
    found: list[AccountRow] = []
    for index, target in enumerate(request.targets):
        account = _by_id(index, target.account_id, by_id) if target.account_id else _only(index, target, accounts)
        if target.platform not in {None, account.platform}:
            raise InvalidRequest(
                f"targets[{index}]: the account is on {account.platform}, not on {target.platform}.",
                rule="targets.account.platform_mismatch",
                remediation="Leave platform out, or name the account's own.",
            )
        if account in found:
            raise InvalidRequest(
                f"targets[{index}]: the account {spell(Prefix.ACCOUNT, account.id)} is a target twice.",
                rule="targets.duplicate_account",
                remediation="Name each account once; send a second request for a second post.",
            )
        found.append(account)
    return found


def check_default_options(request: PostRequest, platforms: Collection[str], worlds: Worlds) -> None:
    """Check the options that the request gives for all targets. `platforms`: the platforms of the targets.

    Raises:
        InvalidRequest: options are invalid, or belong to a platform that does not exist. Or no target is on that
            platform, unless the request allows omissions.
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
    """Return the options of a target as JSON with the names of the API, validated by the schema of the platform.

    Raises:
        InvalidRequest: the options do not match the schema.
    """
    is_own = "options" in target.given
    value = target.options if is_own else (defaults or {}).get(platform.name)
    prefix = f"targets[{index}].options" if is_own else f"options.{platform.name}"
    return _parsed(platform, value, prefix).model_dump(
        mode="json", by_alias=True, exclude_none=True, exclude_unset=True, exclude={"platform"}
    )


def option_media_ids(request: PostRequest, accounts: Sequence[AccountRow], worlds: Worlds) -> set[UUID]:
    """Return the ids of the media items that the options of the targets name.

    Raises:
        InvalidRequest: as `options_of`.
        NotFound: an option is not a media id.
    """
    found: set[UUID] = set()
    for index, (target, account) in enumerate(zip(request.targets, accounts, strict=True)):
        platform = worlds.platform(account.platform)
        options = options_of(platform, index, request.content.options, target.content)
        for text in platform.options.model_validate(options).media_ids().values():
            try:
                found.add(parse(Prefix.MEDIA, text))
            except MalformedIdError:
                raise unknown_media_item() from None
    return found


def unknown_media_item() -> NotFound:
    """Return the error of a media item that the profile of the account does not have."""
    missing = NotFound("medium")
    missing.rule = "media.unknown"
    missing.remediation = "Upload it first, under the same profile as the target's account."
    return missing


def _by_id(index: int, account_id: UUID, accounts: dict[UUID, AccountRow]) -> AccountRow:
    account = accounts.get(account_id)
    if account is None or account.status == AccountStatus.DISCONNECTED:
        raise _not_connected(f"targets[{index}]: there is no such connected account.")
    return account


def _only(index: int, target: TargetRequest, accounts: Sequence[AccountRow]) -> AccountRow:
    fitting = [account for account in accounts if account.platform == target.platform and account.is_usable]
    if not fitting:
        raise _not_connected(f"targets[{index}]: no active account is connected on {target.platform}.")
    if len(fitting) > 1:
        ids = sorted(spell(Prefix.ACCOUNT, account.id) for account in fitting)
        raise InvalidRequest(
            f"targets[{index}]: {len(ids)} accounts are connected on {target.platform}.",
            rule="target.account.ambiguous",
            remediation=f"Name one of them as accountId: {', '.join(ids)}.",
            platform=target.platform,
            detail={"candidates": ids},
        )
    return fitting[0]


def _not_connected(message: str) -> InvalidRequest:
    return InvalidRequest(
        message,
        rule="target.account.not_connected",
        remediation="Connect the account first (POST /v1/accounts/connect/{platform}/complete), or check its id.",
    )


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
