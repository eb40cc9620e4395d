"""The boards of an account: the default one, and those that a person may have meant."""

from collections.abc import Mapping, Sequence
from typing import Any

from letmepost.domain.accounts import AccountFacts
from letmepost.platforms._kit.fields import object_in, text_in
from letmepost.platforms.pinterest.api import Row
from letmepost.platforms.pinterest.options import PinterestOptions

_REMEMBERED_MAX = 25
_PREFERENCE = "board"


def board_of(options: PinterestOptions, account: AccountFacts) -> str | None:
    """Return the id of the board that a post is for; None if it names none and the account has no default."""
    return options.board_id or default_board(account).get("id")


def default_board(account: AccountFacts) -> Mapping[str, Any]:
    """Return `id` and `name` of the account's default board; empty without one."""
    return object_in(account.preferences, _PREFERENCE)


def as_default(board: Row) -> Mapping[str, Any]:
    """Return the preferences of an account whose default is this board."""
    return {_PREFERENCE: _short(board)}


def as_data(boards: Sequence[Row]) -> Mapping[str, Any]:
    """Return what is stored about the boards of an account: the first ones, to choose from."""
    return {"boards": [_short(board) for board in boards[:_REMEMBERED_MAX]]}


def name_of(board: Row) -> str:
    """Return the name of a board."""
    return text_in(board, "name") or ""


def _short(board: Row) -> dict[str, str]:
    return {"id": board["id"], "name": name_of(board)}
