"""Which accounts a request's targets mean."""

from collections.abc import Sequence
from uuid import UUID

from letmepost.domain.errors import InvalidRequest
from letmepost.domain.ids import Prefix, spell
from letmepost.services.posts.requests import PostRequest, TargetRequest
from letmepost.storage.accounts.accounts import AccountRow


def resolve(request: PostRequest, accounts: Sequence[AccountRow]) -> list[AccountRow]:
    """The account of each target, in their order.

    Raises:
        InvalidRequest: none or several accounts fit, or one account is meant twice.
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


def _by_id(index: int, account_id: UUID, accounts: dict[UUID, AccountRow]) -> AccountRow:
    account = accounts.get(account_id)
    if account is None or account.status == "disconnected":
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
