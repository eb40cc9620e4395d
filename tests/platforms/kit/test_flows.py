"""Calls that must succeed, look-ups, deletions and waits."""

import pytest

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.errors import FailureKind, GaveUp
from letmepost.domain.flow import Call, Effect, Pause, Reply
from letmepost.domain.playback import play
from letmepost.platforms._kit.flows import check_account, complete, fetch, find, is_deleted_or_missing, succeed, wait
from tests.platforms.kit.support import READ, explain, kind_of, reply

DELETIONS = [
    Call(method="DELETE", url=f"https://api.example/{number}", effect=Effect.PREPARE, step=f"delete-{number}")
    for number in (2, 1)
]
FAILURE = explain(READ, reply(400))


def read(found: Reply) -> str | None:
    return found.body.decode() or None


def is_missing(found: Reply) -> bool:
    return found.status == 404


def test_success_is_returned() -> None:
    assert play(succeed(READ, explain), reply(201)).value() == reply(201)
    assert kind_of(play(succeed(READ, explain), reply(401)).error) is FailureKind.AUTH_FAILED


def test_success_without_its_content_is_a_failure() -> None:
    def is_complete(found: Reply) -> bool:
        return found.body == b"all"

    assert play(succeed(READ, explain, is_complete), reply(200, b"all")).value() == reply(200, b"all")
    assert kind_of(play(succeed(READ, explain, is_complete), reply(200, b"half")).error) is FailureKind.UNAVAILABLE
    assert kind_of(play(succeed(READ, explain, is_complete), reply(400, b"all")).error) is FailureKind.REJECTED


def test_content_of_a_success_is_returned() -> None:
    assert play(fetch(READ, read, explain), reply(200, b"found")).value() == "found"
    assert play(find(READ, read, is_missing, explain), reply(200, b"found")).value() == "found"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply(200), FailureKind.UNAVAILABLE),
        (reply(400, b"found"), FailureKind.REJECTED),
        (reply(503, b"found"), FailureKind.UNAVAILABLE),
    ],
)
def test_content_of_any_other_reply_is_not_read(answer: Reply, kind: FailureKind) -> None:
    assert kind_of(play(fetch(READ, read, explain), answer).error) is kind
    assert kind_of(play(find(READ, read, is_missing, explain), answer).error) is kind


def test_missing_content_is_none_only_where_it_is_expected() -> None:
    assert play(find(READ, read, is_missing, explain), reply(404)).value() is None
    assert kind_of(play(fetch(READ, read, explain), reply(404)).error) is FailureKind.REJECTED


def test_posts_are_deleted_in_order_and_missing_ones_are_skipped() -> None:
    transcript = play(complete(DELETIONS, is_deleted_or_missing, explain), reply(404), reply(204))
    assert transcript.calls == DELETIONS
    assert transcript.value() is None


def test_first_failed_deletion_ends_the_flow() -> None:
    transcript = play(complete(DELETIONS, is_deleted_or_missing, explain), reply(500), reply(204))
    assert transcript.calls == DELETIONS[:1]
    assert kind_of(transcript.error) is FailureKind.UNAVAILABLE


def test_wait_ends_the_run_and_fails_when_it_took_too_long() -> None:
    pause = Pause("ready", 5.0, 60.0)
    flow = wait(pause, FAILURE)
    assert next(flow) == pause
    with pytest.raises(type(FAILURE)) as caught:
        flow.throw(GaveUp("ready", 60.0))
    assert caught.value is FAILURE


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (reply(200, b"7"), None),
        (reply(200, b"8"), "Example returned another account than the one that the token belongs to."),
        (reply(200), "Example did not return a usable response."),
        (reply(401, b"7"), "Sign in."),
    ],
)
def test_token_is_checked_by_the_account_that_it_belongs_to(answer: Reply, message: str | None) -> None:
    account = AccountFacts(platform_account_id="7", handle=None, data={})
    error = play(check_account(READ, read, account, explain, "Example"), answer).error
    assert (None if error is None else str(error)) == message
