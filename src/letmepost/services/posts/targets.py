"""The targets of a request: the account of each, its platform options, and the media items that these name."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from letmepost.domain import refusals
from letmepost.domain.accounts import AccountStatus
from letmepost.domain.content import OnUnsupported
from letmepost.domain.errors import InvalidShape, RequestError
from letmepost.domain.ids import MalformedIdError, Prefix, format_id, parse_id
from letmepost.domain.violations import Violation
from letmepost.platforms import discover
from letmepost.platforms.contract import Options, Platform
from letmepost.services.platform_access import Worlds
from letmepost.services.posts.requests import ContentRequest, PostRequest, TargetRequest
from letmepost.services.shapes import fields_of, problems_of, shortened
from letmepost.storage.accounts.accounts import AccountRow

_NO_TARGET = refusals.posts.OPTIONS_NO_TARGET


def resolve_targets(
    request: PostRequest, accounts: Sequence[AccountRow], platforms: Collection[str]
) -> list[AccountRow]:
    """Return the account of each target, in the order of the targets. `platforms`: the platforms that exist.

    Raises:
        InvalidRequest: a platform does not exist, no account or several accounts match a target, or two targets have
            the same account.
    """
    if unknown := [*_unknown_platforms(request, platforms)]:
        raise InvalidShape(unknown)
    by_id = {account.id: account for account in accounts}
    found: list[AccountRow] = []
    for index, target in enumerate(request.targets):
        account = _by_id(index, target.account_id, by_id) if target.account_id else _only(index, target, accounts)
        if target.platform not in {None, account.platform}:
            raise refusals.posts.TARGETS_ACCOUNT_PLATFORM_MISMATCH(
                field=f"targets[{index}].platform", platform=target.platform, actual=account.platform
            )
        if account in found:
            raise refusals.posts.TARGETS_DUPLICATE_ACCOUNT(
                field=f"targets[{index}].accountId", account_id=format_id(Prefix.ACCOUNT, account.id)
            )
        found.append(account)
    return found


def _unknown_platforms(request: PostRequest, platforms: Collection[str]) -> Iterator[RequestError]:
    for index, target in enumerate(request.targets):
        if target.platform is not None and target.platform not in platforms:
            yield refusals.requests.PLATFORM_UNKNOWN(
                field=f"targets[{index}].platform", given=shortened(target.platform), known=", ".join(platforms)
            )


def check_default_options(request: PostRequest, platforms: Collection[str], worlds: Worlds) -> None:
    """Check the options that the request gives for all targets. `platforms`: the platforms of the targets.

    Raises:
        InvalidRequest: options are invalid, or belong to a platform that does not exist. Or no target is on that
            platform, unless the request allows omissions.
    """
    for name, value in (request.content.options or {}).items():
        if name not in worlds.platforms:
            raise refusals.posts.OPTIONS_PLATFORM_UNKNOWN(field=f"options.{name}", known=", ".join(worlds.platforms))
        _parsed(worlds.platform(name), value, f"options.{name}")
    if request.on_unsupported is OnUnsupported.REJECT:
        for unused in unused_options(request, platforms):
            raise refusals.posts.UNUSED_OPTIONS(field=unused.field, platform=unused.field.removeprefix("options."))


def unused_options(request: PostRequest, platforms: Collection[str]) -> list[Violation]:
    """Return a finding for each platform that the request has options for and no target is on."""
    return [
        Violation(
            rule=_NO_TARGET.id,
            field=f"options.{name}",
            message=_NO_TARGET.describe(field=f"options.{name}", platform=name),
            remediation=_NO_TARGET.advise(),
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
                found.add(parse_id(Prefix.MEDIA, text))
            except MalformedIdError:
                raise refusals.media.UNKNOWN(media_id=text) from None
    return found


def _by_id(index: int, account_id: UUID, accounts: dict[UUID, AccountRow]) -> AccountRow:
    account, shown = accounts.get(account_id), format_id(Prefix.ACCOUNT, account_id)
    if account is None:
        raise refusals.posts.TARGET_ACCOUNT_NOT_CONNECTED(
            field=f"targets[{index}].accountId", which=f"has the id `{shown}`"
        )
    if account.status == AccountStatus.DISCONNECTED:
        raise refusals.accounts.DISCONNECTED(field=f"targets[{index}].accountId", account_id=shown)
    return account


def _only(index: int, target: TargetRequest, accounts: Sequence[AccountRow]) -> AccountRow:
    fitting = [account for account in accounts if account.platform == target.platform and account.is_usable]
    if not fitting:
        raise refusals.posts.TARGET_ACCOUNT_NOT_CONNECTED(
            field=f"targets[{index}].platform",
            which=f"is connected on {target.platform}",
            platform=target.platform,
        )
    if len(fitting) > 1:
        ids = sorted(format_id(Prefix.ACCOUNT, account.id) for account in fitting)
        raise refusals.posts.TARGET_ACCOUNT_AMBIGUOUS(
            field=f"targets[{index}]",
            count=len(ids),
            ids=", ".join(ids),
            platform=target.platform,
            detail={"candidates": ids},
        )
    return fitting[0]


def _parsed(platform: Platform, value: Any, prefix: str) -> Options:
    try:
        parsed = platform.options.model_validate({} if value is None else value)
    except ValidationError as error:
        raise InvalidShape(_option_problems(platform, error, prefix)) from error
    if parsed.platform not in {None, platform.name}:
        raise _mismatch(platform, f"{prefix}.platform")
    return parsed


def _option_problems(platform: Platform, error: ValidationError, prefix: str) -> list[RequestError]:
    found = error.errors(include_input=False, include_url=False)
    problems = problems_of(found, platform.options, prefix=prefix, platform=platform.name)
    return [_explain_option(platform, problem, prefix) for problem in problems]


def _explain_option(platform: Platform, problem: RequestError, prefix: str) -> RequestError:
    """Return the problem of an option; a more precise one if the option is that of another platform."""
    name = (problem.field or "").removeprefix(f"{prefix}.")
    if name == "platform":
        return _mismatch(platform, f"{prefix}.platform")
    owners = [other.name for other in discover().values() if name in fields_of(other.options)]
    if not owners or name in fields_of(platform.options):
        return problem
    return refusals.fields.OPTION_OF_ANOTHER_PLATFORM(
        field=problem.field, owners=" or ".join(owners), platform=platform.name
    )


def _mismatch(platform: Platform, path: str) -> RequestError:
    return refusals.posts.TARGETS_OPTIONS_PLATFORM_MISMATCH(field=path, platform=platform.name)
