"""Finding out what became of a put without a reply."""

import json

import pytest

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Absent, Found, Intent, Reconciled, Reply, Unknown
from letmepost.domain.playback import Transcript, first_calls, play
from letmepost.platforms.bluesky.publish import publish
from letmepost.platforms.bluesky.reconcile import reconcile
from letmepost.platforms.bluesky.tid import tid
from tests.platforms.bluesky.transcripts import (
    DID,
    FROZEN,
    NOW,
    PDS,
    SETTINGS,
    assert_ends_whatever_is_answered,
    ready,
    record,
    recorded,
    uri,
)

POST = ready("hello")
[PUT] = first_calls(publish(POST, SETTINGS))
INTENT = Intent(PUT, NOW)
STORED = recorded("get_record", uri=uri(), cid="bafyrei0", value=record(PUT))


def run(*replies: Reply) -> Transcript[Reconciled]:
    return play(reconcile(POST, INTENT, SETTINGS), *replies)


def test_the_account_s_server_is_asked_for_the_key() -> None:
    [call] = run().calls
    assert call.url == f"{PDS}/xrpc/com.atproto.repo.getRecord"
    assert dict(call.query) == {"repo": DID, "collection": "app.bsky.feed.post", "rkey": tid(FROZEN, 0)}


def test_a_record_that_is_there_answers_as_the_put_would_have() -> None:
    found = run(STORED).value()
    assert isinstance(found, Found)
    assert found.reply.ok
    assert found.reply.received_at == NOW
    assert json.loads(found.reply.body) == {"uri": uri(), "cid": "bafyrei0"}


def test_the_flow_goes_on_with_what_was_found() -> None:
    found = run(STORED).value()
    assert isinstance(found, Found)
    assert play(publish(POST, SETTINGS), found.reply).error is None


def test_a_record_that_is_not_there_was_not_published() -> None:
    assert run(recorded("record_not_found")).value() == Absent()


def test_somebody_else_s_record_under_the_key_is_not_ours() -> None:
    other = recorded("get_record", uri=uri(), cid="bafyrei0", value={**record(PUT), "text": "other"})
    assert run(other).value() == Absent()


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("rate_limited", FailureKind.RATE_LIMITED),
        ("internal_server_error", FailureKind.UNAVAILABLE),
        ("not_supported", FailureKind.UNAVAILABLE),
        ("a_web_page", FailureKind.UNAVAILABLE),
    ],
)
def test_a_server_that_cannot_say_now_is_asked_again(reply: str, kind: FailureKind) -> None:
    error = run(recorded(reply)).error
    assert isinstance(error, PlatformFailure)
    assert error.kind is kind


def test_a_record_without_a_version_is_no_answer() -> None:
    without_cid = recorded("get_record", uri=uri(), cid=None, value=record(PUT))
    assert isinstance(run(without_cid).error, PlatformFailure)


@pytest.mark.parametrize("error", ["InvalidRequest", "RepoNotFound"])
def test_a_server_that_will_never_say_leaves_it_unknown(error: str) -> None:
    body = json.dumps({"error": error, "message": "Could not find repo"}).encode()
    assert isinstance(run(Reply(status=400, body=body, received_at=NOW)).value(), Unknown)


def test_the_flow_ends_whatever_is_answered() -> None:
    assert_ends_whatever_is_answered(lambda: reconcile(POST, INTENT, SETTINGS), [STORED])
