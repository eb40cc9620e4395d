"""Finds the accounts that names on the command line stand for."""

from collections.abc import Sequence
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING

from letmepost.cli.publishing.session import CommandSession
from letmepost.domain.accounts import AccountStatus

if TYPE_CHECKING:
    from letmepost_client import Client
    from letmepost_client.models import Account

_USABLE = {AccountStatus.ACTIVE, AccountStatus.EXPIRING}


class UnknownTarget(ValueError):
    """A name that stands for no account, or for several. The message says what to do.

    Attributes:
        code: names the problem for programs.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Accounts:
    """The connected accounts, as they are when the first one is searched for."""

    def __init__(self, client: "Client") -> None:
        self._client = client

    def find(self, name: str) -> "Account":
        """Return the account that a name stands for: the id of an account, its handle, or its platform.

        Raises:
            UnknownTarget: the name stands for no account, or for several.
        """
        wanted = _normalized(name)
        found = (
            [account for account in self._connected if name == account.id]
            or [account for account in self._connected if wanted == _normalized(account.handle or "")]
            or self._on_platform(wanted)
            or self._with_title(name)
        )
        if len(found) > 1:
            listed = "\n".join(f"  {account.id}  {describe(account)}" for account in found)
            message = f'"{name}" stands for {len(found)} accounts. Pass a handle or an id instead:\n{listed}'
            raise UnknownTarget("ambiguous_target", message)
        return found[0]

    @cached_property
    def _connected(self) -> "list[Account]":
        return list(self._client.accounts.list(limit=200))

    @cached_property
    def _titles(self) -> dict[str, str]:
        """The name of each platform by its title, such as X."""
        return {platform.title.lower(): platform.platform for platform in self._client.platforms.list()}

    def _on_platform(self, platform: str) -> "list[Account]":
        """Return the accounts on a platform that can publish, or all of them if none can."""
        found = [account for account in self._connected if account.platform == platform]
        return [account for account in found if account.status in _USABLE] or found

    def _with_title(self, name: str) -> "list[Account]":
        wanted = _normalized(name)
        platform = self._titles.get(wanted) or (wanted if wanted in self._titles.values() else None)
        if platform is None:
            similar = get_close_matches(wanted, sorted(self._known_names()), n=3)
            advice = f"Did you mean {', '.join(similar)}?" if similar else "`letmepost accounts list` lists them."
            raise UnknownTarget("unknown_target", f'No account matches "{name}". {advice}')
        found = self._on_platform(platform)
        if not found:
            advice = f"Connect one with `letmepost accounts connect {wanted}`."
            raise UnknownTarget("unknown_target", f"No account is connected on {name}. {advice}")
        return found

    def _known_names(self) -> set[str]:
        handles = (_normalized(account.handle or account.id) for account in self._connected)
        return {*self._titles, *self._titles.values(), *handles}


def find_accounts(session: CommandSession, names: Sequence[str]) -> "list[Account]":
    """Return the account for each name. Exit if a name stands for no account, or for several."""
    accounts = Accounts(session.client)
    try:
        return [accounts.find(name) for name in names]
    except UnknownTarget as error:
        session.fail(error.code, str(error))


def describe(account: "Account") -> str:
    """Return the platform and the handle of an account."""
    handle = account.handle or account.display_name
    return f"{account.platform} ({handle})" if handle else account.platform


def _normalized(name: str) -> str:
    return name.strip().removeprefix("@").lower()
