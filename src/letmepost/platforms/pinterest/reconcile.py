"""Looks on the board for a Pin if the response to its creation was lost.

Pinterest has no idempotency key, accepts repetitions, and does not show which request created a Pin. How late a new Pin
is listed is not documented. So a Pin that is missing may still appear, and is never sent again automatically.
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from letmepost.domain.flow import Flow, Intent, Reconciled, Unknown
from letmepost.domain.journal import may_ask_at
from letmepost.platforms._kit.reconciliation import found_as, reconcile_by
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.pinterest.api import Row, list_pins, read_pages
from letmepost.platforms.pinterest.pins import created_at, is_same
from letmepost.platforms.pinterest.replies import explain
from letmepost.platforms.pinterest.settings import PinterestSettings

VISIBILITY_DELAY_S = 300.0
"""Not documented: an assumption."""
_CLOCKS_APART = timedelta(seconds=60)


def reconcile(_post: ReadyPost, intent: Intent, settings: PinterestSettings) -> Flow[Reconciled]:
    """Return what became of a creation without a reply.

    Raises:
        PlatformFailure: Pinterest cannot report it now; try again later.
    """
    return (yield from reconcile_by(_look_up(intent, settings)))


def _look_up(intent: Intent, settings: PinterestSettings) -> Flow[Reconciled]:
    """Return the Pin with the same content that was created closest to the request. The order of lists is unknown."""
    pin = intent.call.json or {}
    since, until = intent.started_at - _CLOCKS_APART, may_ask_at(intent, 0.0) + _CLOCKS_APART

    def matches(rows: Sequence[Row]) -> list[tuple[timedelta, str]]:
        dated = [(created_at(row), row["id"]) for row in rows if is_same(row, pin)]
        return [(abs(at - intent.started_at), name) for at, name in dated if at is not None and since <= at <= until]

    page = partial(list_pins, settings, pin["board_id"], pin.get("board_section_id"))
    listed = yield from read_pages(page, explain, lambda rows: bool(matches(rows)))
    found = matches(listed.rows)
    if not found:
        return Unknown("Pinterest does not show the Pin on its board.")
    return found_as(201, listed.read_at, data={"id": min(found)[1]})
