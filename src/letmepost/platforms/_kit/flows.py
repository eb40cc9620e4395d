"""Pieces of flows: calls that must succeed, look-ups, and waits with an end."""

from collections.abc import Callable, Iterable
from typing import TypeAlias, TypeVar

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.errors import GaveUp, PlatformFailure
from letmepost.domain.flow import Call, Flow, Pause, Reply
from letmepost.platforms._kit.refusals import OTHER_ACCOUNT

T = TypeVar("T")
Explain: TypeAlias = Callable[[Call, Reply], PlatformFailure]
"""As in `Platform.explain`."""


def succeed(call: Call, explain: Explain, is_complete: Callable[[Reply], bool] | None = None) -> Flow[Reply]:
    """Send a call, and return its reply.

    Args:
        is_complete: returns True if a success has the expected content.

    Raises:
        PlatformFailure: the reply is not a success, or lacks the content.
    """
    reply = yield call
    if not reply.ok or (is_complete is not None and not is_complete(reply)):
        raise explain(call, reply)
    return reply


def fetch(call: Call, read: Callable[[Reply], T | None], explain: Explain) -> Flow[T]:
    """Send a call, and return what `read` finds in its reply.

    Raises:
        PlatformFailure: the reply is not a success, or `read` finds nothing in it.
    """
    reply = yield call
    found = read(reply) if reply.ok else None
    if found is None:
        raise explain(call, reply)
    return found


def find(
    call: Call, read: Callable[[Reply], T | None], is_missing: Callable[[Reply], bool], explain: Explain
) -> Flow[T | None]:
    """Send a call, and return what `read` finds in its reply; None if it `is_missing`.

    Raises:
        PlatformFailure: the reply shows neither.
    """
    reply = yield call
    found = read(reply) if reply.ok else None
    if found is None and not is_missing(reply):
        raise explain(call, reply)
    return found


def complete(calls: Iterable[Call], is_done: Callable[[Reply], bool], explain: Explain) -> Flow[None]:
    """Send calls in order, such as the deletions of posts. The flow may be interrupted, and repeated from its start.

    Args:
        is_done: returns True if the reply shows that the call was executed, now or earlier.

    Raises:
        PlatformFailure: a call was not executed. The later ones are not sent.
    """
    for call in calls:
        reply = yield call
        if not is_done(reply):
            raise explain(call, reply)


def is_deleted_or_missing(reply: Reply) -> bool:
    """Return True if a post was deleted, or did not exist (404)."""
    return reply.ok or reply.status == 404


def check_account(
    call: Call, read_id: Callable[[Reply], str | None], account: AccountFacts, explain: Explain, network: str
) -> Flow[None]:
    """Check that a token belongs to an account.

    Args:
        call: reads the account that the token belongs to.
        read_id: returns the id of that account.
        network: the name of the platform, for messages.

    Raises:
        PlatformFailure: the token is not accepted, or the platform returned another account.
    """
    found = yield from fetch(call, read_id, explain)
    if found != account.platform_account_id:
        raise OTHER_ACCOUNT(network=network)


def wait(pause: Pause, failure: PlatformFailure) -> Flow[None]:
    """End this run for a pause.

    Raises:
        PlatformFailure: `failure`, if the pause has been made for its whole `give_up_after_s`.
    """
    try:
        yield pause
    except GaveUp as gave_up:
        raise failure from gave_up
