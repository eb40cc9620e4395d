"""Cursors: the id of the last row that was shown, so that a page is stable while rows are added."""

from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.ids import MalformedIdError, Prefix, parse, spell

_POSITION_MAX = 2**63 - 1
_DIGITS_MAX = len(str(_POSITION_MAX))


def before(prefix: Prefix, cursor: str | None) -> UUID | None:
    """Where the page begins.

    Raises:
        InvalidRequest: the cursor is not one of ours.
    """
    if cursor is None:
        return None
    try:
        return parse(prefix, cursor)
    except MalformedIdError as error:
        raise refusals.requests.CURSOR(field="cursor") from error


def position(given: str | None, name: str = "cursor") -> int | None:
    """The place in the stream of events that a reader has come to; None when it does not say.

    Raises:
        InvalidRequest: what it gave under this name is none of ours.
    """
    if given is None:
        return None
    if not (given.isascii() and given.isdigit() and len(given) <= _DIGITS_MAX and int(given) <= _POSITION_MAX):
        raise refusals.requests.CURSOR(field=name)
    return int(given)


def next_cursor(prefix: Prefix, ids: list[UUID], limit: int) -> str | None:
    """The cursor of the next page; None after the last. `ids`: one row more than the page has, if there is one."""
    return spell(prefix, ids[limit - 1]) if len(ids) > limit else None
