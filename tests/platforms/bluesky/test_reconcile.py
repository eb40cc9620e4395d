"""Reconciling a put without a reply."""

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


def test_server_of_the_account_is_asked_for_the_key() -> None:
    [call] = run().calls
    assert call.url == f"{PDS}/xrpc/com.atproto.repo.getRecord"
    assert dict(call.query) == {"repo": DID, "collection": "app.bsky.feed.post", "rkey": tid(FROZEN, 0)}


def test_existing_record_is_returned_like_a_put() -> None:
    found = run(STORED).value()
    assert isinstance(found, Found)
    assert found.reply.ok
    assert found.reply.received_at == NOW
    assert json.loads(found.reply.body) == {"uri": uri(), "cid": "bafyrei0"}


def test_flow_continues_with_the_found_record() -> None:
    found = run(STORED).value()
    assert isinstance(found, Found)
    assert play(publish(POST, SETTINGS), found.reply).error is None


def test_missing_record_was_not_published() -> None:
    assert run(recorded("record_not_found")).value() == Absent()


def test_record_of_another_program_under_the_key_does_not_count() -> None:
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
def test_unavailable_server_is_asked_again(reply: str, kind: FailureKind) -> None:
    error = run(recorded(reply)).error
    assert isinstance(error, PlatformFailure)
    assert error.kind is kind


def test_record_without_a_version_is_not_a_result() -> None:
    without_cid = recorded("get_record", uri=uri(), cid=None, value=record(PUT))
    assert isinstance(run(without_cid).error, PlatformFailure)


@pytest.mark.parametrize("error", ["InvalidRequest", "RepoNotFound"])
def test_permanent_refusal_leaves_the_post_unknown(error: str) -> None:
    body = json.dumps({"error": error, "message": "Could not find repo"}).encode()
    assert isinstance(run(Reply(status=400, body=body, received_at=NOW)).value(), Unknown)
