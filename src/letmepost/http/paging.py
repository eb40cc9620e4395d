"""Cursors: the id of the last row that was shown, so that a page is stable while rows are added."""

from uuid import UUID

from letmepost.domain.errors import InvalidRequest
from letmepost.domain.ids import MalformedIdError, Prefix, parse, spell


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
        raise InvalidRequest(
            "cursor is not one that this list gave.", rule="cursor", remediation="Start again without a cursor."
        ) from error


def next_cursor(prefix: Prefix, ids: list[UUID], limit: int) -> str | None:
    """The cursor of the next page; None after the last. `ids`: one row more than the page has, if there is one."""
    return spell(prefix, ids[limit - 1]) if len(ids) > limit else None
