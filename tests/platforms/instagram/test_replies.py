"""What a refusal means: one row per row of the protocol's table of errors."""

import pytest

from letmepost.domain.errors import FailureKind
from letmepost.domain.flow import Call, Effect, Reply
from letmepost.platforms._meta.containers import Status
from letmepost.platforms.instagram.replies import BY_SUBCODE, container_failure, explain, is_missing, subcode_of
from tests.platforms.instagram.transcripts import API, HIDDEN, NOW, refused

CONTAINER = API.make_container({}, step="post-container")
PUBLISH = API.publish_container("1", step="post")
COMMENT = API.comment("1", "hello", step="comment")
READ = API.read_container("1")

A, R, D, L, U, Q = (
    FailureKind.AUTH_FAILED,
    FailureKind.REJECTED,
    FailureKind.DUPLICATE,
    FailureKind.RATE_LIMITED,
    FailureKind.UNAVAILABLE,
    FailureKind.IN_DOUBT,
)
CHALLENGE = (
    "Error validating access token: You cannot access the app till you log in to www.instagram.com and follow the "
    "instructions given."
)


@pytest.mark.parametrize(
    ("call", "response", "kind", "rule"),
    [
        (CONTAINER, refused(-2, 2207003), U, "instagram.media.reachable"),
        (PUBLISH, refused(-2, 2207003), Q, None),
        (CONTAINER, refused(-2, 2207020), U, "meta.container.expired"),
        (PUBLISH, refused(-2, 2207020), U, "meta.container.expired"),
        (CONTAINER, refused(-1, 2207001), U, None),
        (PUBLISH, refused(-1, 2207001), Q, None),
        (CONTAINER, refused(-1, 2207032), U, None),
        (PUBLISH, refused(-1, 2207032), Q, None),
        (CONTAINER, refused(-1, 2207053), U, None),
        (PUBLISH, refused(-1, 2207053), Q, None),
        (CONTAINER, refused(-1, 2207073), R, None),
        (CONTAINER, refused(1, 2207057), R, None),
        (PUBLISH, refused(4, 2207051, http=403), R, "instagram.account.action_blocked"),
        (PUBLISH, refused(9, 2207042), FailureKind.QUOTA_EXHAUSTED, "instagram.quota.day"),
        (PUBLISH, refused(24, 2207006), U, None),
        (PUBLISH, refused(24, 2207008), U, None),
        (PUBLISH, refused(25, 2207050), A, None),
        (CONTAINER, refused(100, 2207023), R, None),
        (CONTAINER, refused(100, 2207028), R, "instagram.media.count_max"),
        *((CONTAINER, refused(100, subcode), R, None) for subcode in (2207035, 2207036, 2207037, 2207040)),
        (CONTAINER, HIDDEN, A, None),
        (PUBLISH, HIDDEN, R, None),
        (COMMENT, HIDDEN, R, None),
        (CONTAINER, refused(110, 2207018), R, "instagram.collaborators.invitable"),
        (CONTAINER, refused(352, 2207026), R, "instagram.media.mime_allowed"),
        (CONTAINER, refused(9004, 2207052), U, "instagram.media.reachable"),
        (PUBLISH, refused(9007, 2207027), U, None),
        (CONTAINER, refused(36000, 2207004), R, "instagram.media.image_size_max"),
        (CONTAINER, refused(36001, 2207005), R, "instagram.media.mime_allowed"),
        (CONTAINER, refused(36003, 2207009), R, "instagram.media.aspect_ratio"),
        (CONTAINER, refused(36004, 2207010), R, "instagram.text.max_graphemes"),
        (CONTAINER, refused(100, 2207076), U, "instagram.container.error"),
        (CONTAINER, refused(100, 2207077), U, "instagram.container.error"),
        (CONTAINER, refused(100, 2207081), R, None),
        (CONTAINER, refused(100, 2207082), U, None),
        (PUBLISH, refused(100, 2207082), Q, None),
        (CONTAINER, refused(100, message="param collaborators is not allowed"), R, "instagram.collaborators.invitable"),
        (
            CONTAINER,
            refused(100, message="INSTAGRAM_PLATFORM_API__INVALID_LOCATION_ID"),
            R,
            "instagram.location.not_found",
        ),
        (CONTAINER, refused(100, message="The user is not an Instagram Business"), A, None),
        (CONTAINER, refused(100, message="Not enough permissions to post"), A, None),
        (READ, refused(190, 0, message=CHALLENGE), A, None),
        (READ, refused(190, 460, message="The session has been invalidated"), A, None),
        (READ, refused(190, message="REVOKED_ACCESS_TOKEN", is_transient=True), A, None),
        (READ, refused(102), A, None),
        (CONTAINER, refused(10, http=403), A, None),
        (CONTAINER, refused(200, http=403), A, None),
        *((CONTAINER, refused(code, http=403), L, None) for code in (4, 17, 32, 613, 80002)),
        (CONTAINER, refused(368), R, None),
        (PUBLISH, refused(506), D, None),
        *((CONTAINER, refused(code, http=500), U, None) for code in (1, 2, -1, -2)),
        *((PUBLISH, refused(code, http=500), Q, None) for code in (1, 2, -1, -2)),
        *((COMMENT, refused(code, http=500), Q, None) for code in (1, 2)),
        (COMMENT, refused(20, 1772107), R, None),
        (PUBLISH, Reply(status=408, received_at=NOW), Q, None),
        (PUBLISH, Reply(status=503, body=b"<html>", received_at=NOW), Q, None),
        (CONTAINER, Reply(status=503, body=b"<html>", received_at=NOW), U, None),
        (PUBLISH, Reply(status=200, body=b"{}", received_at=NOW), Q, None),
        (PUBLISH, refused(100, http=200), Q, None),
        (READ, Reply(status=200, body=b"{}", received_at=NOW), U, None),
    ],
)
def test_error_has_its_kind_and_rule(call: Call, response: Reply, kind: FailureKind, rule: str | None) -> None:
    failure = explain(call, response)
    assert (failure.kind, failure.rule) == (kind, rule)
    assert failure.message


def test_refused_person_is_named_with_the_causes() -> None:
    words = "The account private_user cannot be invited."
    failure = explain(CONTAINER, refused(110, 2207018, message="Invalid user id", error_user_msg=words))
    assert words in failure.message
    assert "does not exist, is private, or does not accept invitations" in (failure.remediation or "")


def test_missing_object_is_recognized_only_in_a_refusal() -> None:
    assert is_missing(HIDDEN)
    assert not any(is_missing(reply) for reply in (refused(100, 33, http=200), refused(100), refused(24, 33)))
    assert [subcode_of(reply) for reply in (HIDDEN, refused(100), refused(100, 33, http=200))] == [33, None, None]


@pytest.mark.parametrize("number", sorted(BY_SUBCODE))
def test_failed_container_means_the_same_as_the_number_in_its_status(number: int) -> None:
    text = f"Error: Media upload has failed with error code {number}"
    failure, named = container_failure(Status("ERROR", text, NOW)), BY_SUBCODE[number]
    if named.kind is FailureKind.UNAVAILABLE:
        assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "instagram.container.error")
        assert text in failure.message
    else:
        assert (failure.kind, failure.rule) == (named.kind, named.id or named.rule or None)


@pytest.mark.parametrize("text", ["Error: unknown", "Error 2207999", "ERROR"])
def test_failed_container_without_a_known_number_shows_what_instagram_said(text: str) -> None:
    failure = container_failure(Status("ERROR", text, NOW))
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "instagram.container.error")
    assert text in failure.message


def test_only_publishing_and_comments_are_visible_to_followers() -> None:
    effects = [call.effect for call in (CONTAINER, PUBLISH, COMMENT, READ)]
    assert effects == [Effect.PREPARE, Effect.PUBLISH, Effect.PUBLISH, Effect.READ]
    assert not PUBLISH.idempotent
