"""What a refusal means: one row per row of the protocol's table of errors."""

import json
from pathlib import Path

import pytest

from letmepost.domain.errors import FailureKind
from letmepost.domain.flow import Call, Effect, Reply
from letmepost.platforms.threads.api import make_container, publish_container, read_container
from letmepost.platforms.threads.replies import BY_SUBCODE, explain, subcode_of
from tests.platforms.threads.transcripts import NOW, SETTINGS, USER, refused

REPLIES = Path(__file__).parent / "replies"
CONTAINER = make_container(SETTINGS, USER, {}, step="post-container")
SHARED = make_container(SETTINGS, USER, {"crossreshare_to_ig": "true"}, step="post-container")
LOCATED = make_container(SETTINGS, USER, {"location_id": "5"}, step="post-container")
PUBLISH = publish_container(SETTINGS, USER, "1", step="post")
READ = read_container(SETTINGS, "1")

A, R, D, L, U, Q = (
    FailureKind.AUTH_FAILED,
    FailureKind.REJECTED,
    FailureKind.DUPLICATE,
    FailureKind.RATE_LIMITED,
    FailureKind.UNAVAILABLE,
    FailureKind.IN_DOUBT,
)
NOT_FOUND = "The requested resource does not exist"
UNFETCHED = "The media could not be fetched from this URI"
TOO_LONG = "Param text must be at most 500 characters long."


@pytest.mark.parametrize(
    ("call", "response", "kind"),
    [
        (PUBLISH, refused(190, 460), A),
        (PUBLISH, refused(190, 463), A),
        (READ, refused(190, 467), A),
        (CONTAINER, refused(190, is_transient=True), A),
        (READ, refused(102), A),
        (READ, Reply(status=401, received_at=NOW), A),
        (CONTAINER, refused(10), A),
        (PUBLISH, refused(200, http=403), A),
        (PUBLISH, refused(299), A),
        (PUBLISH, refused(24, 4279009, message=NOT_FOUND, is_transient=False), U),
        (PUBLISH, refused(24, 4279009, message="Media Not Found"), U),
        (CONTAINER, refused(24, 4279009, message=NOT_FOUND), U),
        (CONTAINER, refused(100, 4279004), U),
        (PUBLISH, refused(1, 4279013), R),
        (PUBLISH, refused(100, 4279013), R),
        (PUBLISH, refused(4, 2207051), R),
        (CONTAINER, refused(100, message=TOO_LONG), R),
        (CONTAINER, refused(100, message="THREADS_API__LINK_LIMIT_EXCEEDED"), R),
        (CONTAINER, refused(1, message="THREADS_API__LINK_LIMIT_EXCEEDED"), R),
        (CONTAINER, refused(9004, 2207052, message=UNFETCHED), U),
        (CONTAINER, refused(100, 4279044), R),
        (SHARED, refused(10, http=403), R),
        (SHARED, refused(200), R),
        (SHARED, refused(190), A),
        (LOCATED, refused(10, http=403), R),
        (LOCATED, refused(10, is_transient=True), U),
        (LOCATED, refused(190, 463), A),
        *((CONTAINER, refused(code, http=403), L) for code in (4, 17, 32, 613)),
        (PUBLISH, Reply(status=429, received_at=NOW), L),
        (PUBLISH, refused(368), R),
        (PUBLISH, refused(506), D),
        *((READ, refused(code, http=500), U) for code in (1, 2, -1, -2)),
        *((CONTAINER, refused(code, http=500), U) for code in (1, 2, -1, -2)),
        *((PUBLISH, refused(code, http=500), Q) for code in (1, 2, -1, -2)),
        (CONTAINER, refused(9, is_transient=True), U),
        (PUBLISH, refused(9, is_transient=True), Q),
        (CONTAINER, Reply(status=503, body=b"<html>", received_at=NOW), U),
        (PUBLISH, Reply(status=503, body=b"<html>", received_at=NOW), Q),
        (PUBLISH, Reply(status=408, received_at=NOW), Q),
        (PUBLISH, Reply(status=200, body=b"{}", received_at=NOW), Q),
        (READ, Reply(status=200, body=b"{}", received_at=NOW), U),
    ],
)
def test_error_has_its_kind(call: Call, response: Reply, kind: FailureKind) -> None:
    failure = explain(call, response)
    assert failure.kind is kind
    assert failure.message


def test_too_many_links_have_the_id_of_the_rule() -> None:
    failure = explain(CONTAINER, refused(100, message="Error: THREADS_API__LINK_LIMIT_EXCEEDED"))
    assert failure.rule == "threads.links.count_max"


@pytest.mark.parametrize("call", [CONTAINER, LOCATED])
def test_restricted_account_is_named_whatever_the_post_contains(call: Call) -> None:
    assert explain(call, refused(200, 4279013)).message == "Threads has restricted the account."


def test_subcode_is_read_only_from_a_refusal() -> None:
    assert subcode_of(refused(24, 4279009)) == 4279009
    assert subcode_of(refused(24)) is None
    assert subcode_of(refused(24, 4279009, http=200)) is None
    assert subcode_of(Reply(status=500, body=b"<html>", received_at=NOW)) is None


def test_subcode_has_its_kind_for_every_call() -> None:
    for subcode, refusal in BY_SUBCODE.items():
        for call in (CONTAINER, PUBLISH, READ):
            assert explain(call, refused(100, subcode)).kind is refusal.kind


@pytest.mark.parametrize("path", sorted(REPLIES.glob("*.json")), ids=lambda path: path.stem)
def test_every_recorded_reply_has_its_source(path: Path) -> None:
    assert json.loads(path.read_text())["source"]


def test_only_publishing_is_visible_to_followers() -> None:
    assert [call.effect for call in (CONTAINER, PUBLISH, READ)] == [Effect.PREPARE, Effect.PUBLISH, Effect.READ]
    assert not PUBLISH.idempotent
