"""Look-ups of a call without a reply."""

import pytest

from letmepost.domain.errors import FailureKind
from letmepost.domain.flow import Absent, Flow, Found, Reconciled, Reply, Unknown
from letmepost.domain.playback import Transcript, play
from letmepost.domain.retry import Next
from letmepost.platforms._kit.flows import succeed
from letmepost.platforms._kit.reconciliation import found_as, reconcile_by
from tests.platforms.kit.support import NOW, READ, explain, kind_of, reply


def look_up() -> Flow[Reconciled]:
    yield from succeed(READ, explain)
    return Absent()


def asked(status: int, *later: Next) -> Transcript[Reconciled]:
    return play(reconcile_by(look_up(), later=later) if later else reconcile_by(look_up()), reply(status))


def test_result_of_a_look_up_is_returned() -> None:
    assert asked(200).value() == Absent()


@pytest.mark.parametrize(("status", "kind"), [(429, FailureKind.RATE_LIMITED), (503, FailureKind.UNAVAILABLE)])
def test_temporarily_failed_look_up_is_repeated_later(status: int, kind: FailureKind) -> None:
    assert kind_of(asked(status).error) is kind


def test_permanently_refused_look_up_leaves_the_result_unknown() -> None:
    assert asked(400).value() == Unknown("Example rejected the request: No.")
    assert asked(401).value() == Unknown("Sign in.")


def test_platform_can_wait_for_a_reconnect() -> None:
    assert kind_of(asked(401, Next.TRY_AGAIN, Next.HOLD).error) is FailureKind.AUTH_FAILED


def test_found_post_has_the_reply_that_was_lost() -> None:
    assert found_as(201, NOW, headers={"x-id": "7"}) == Found(Reply(status=201, headers={"x-id": "7"}, received_at=NOW))
    assert found_as(200, NOW, data={"id": "7"}) == Found(Reply(status=200, body=b'{"id": "7"}', received_at=NOW))
