"""Cursors: the id of the last row of a page, so that pages are stable while rows are added."""

from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.ids import MalformedIdError, Prefix, format_id, parse_id

_POSITION_MAX = 2**63 - 1
_DIGITS_MAX = len(str(_POSITION_MAX))


def before(prefix: Prefix, cursor: str | None) -> UUID | None:
    """Return the id that the page starts after; None for the first page.

    Raises:
        InvalidRequest: the cursor is invalid.
    """
    if cursor is None:
        return None
    try:
        return parse_id(prefix, cursor)
    except MalformedIdError as error:
        raise refusals.requests.CURSOR(field="cursor") from error


def position(given: str | None, name: str = "cursor") -> int | None:
    """Return the reader's position in the event stream; None if it sent none.

    Raises:
        InvalidRequest: the value is not a position. `name` is the parameter or header that is reported.
    """
    if given is None:
        return None
    if not (given.isascii() and given.isdigit() and len(given) <= _DIGITS_MAX and int(given) <= _POSITION_MAX):
        raise refusals.requests.CURSOR(field=name)
    return int(given)


def next_cursor(prefix: Prefix, ids: list[UUID], limit: int) -> str | None:
    """Return the cursor of the next page; None after the last. `ids`: those of the page, and of one more row if any."""
    return format_id(prefix, ids[limit - 1]) if len(ids) > limit else None
