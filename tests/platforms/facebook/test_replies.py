"""What a refusal means: one row per row of the protocol's tables of errors."""

import pytest

from letmepost.domain.errors import FailureKind
from letmepost.domain.flow import Call, Effect, Reply
from letmepost.platforms._meta.calls import create, read
from letmepost.platforms.facebook.replies import BY_SUBCODE, ENDED, explain, is_missing
from tests.platforms.facebook.transcripts import NOW, PAGE, SETTINGS, answered, refused

PHOTO = create(SETTINGS, f"{PAGE}/photos", {}, effect=Effect.PREPARE, step="photo-1")
PUBLISH = create(SETTINGS, f"{PAGE}/feed", {}, effect=Effect.PUBLISH, step="post")
READ = read(SETTINGS, PAGE)

A, R, D, L, U, Q = (
    FailureKind.AUTH_FAILED,
    FailureKind.REJECTED,
    FailureKind.DUPLICATE,
    FailureKind.RATE_LIMITED,
    FailureKind.UNAVAILABLE,
    FailureKind.IN_DOUBT,
)
IMPERSONATION = "Error validating access token: … before impersonating a user's page"
WEAK_ROLE = (
    "(#200) If posting to a page, requires both pages_read_engagement and pages_manage_posts as an admin with "
    "sufficient administrative permission"
)


@pytest.mark.parametrize(
    ("call", "response", "kind"),
    [
        *((PUBLISH, refused(190, subcode), A) for subcode in (None, 458, 459, 460, 463, 464, 467, 490, 492)),
        (PUBLISH, refused(190, is_transient=True), A),
        (READ, refused(102), A),
        (READ, refused(1, message="REVOKED_ACCESS_TOKEN"), A),
        (PUBLISH, refused(100, message="Error validating access token: Session has expired"), A),
        *((PUBLISH, refused(code, http=403), A) for code in (3, 10, 200, 299)),
        (PUBLISH, refused(1, 1404078), A),
        (PUBLISH, refused(1, 4854002), A),
        (PUBLISH, refused(190, message=IMPERSONATION), R),
        (PUBLISH, refused(200, http=403, message=WEAK_ROLE), R),
        (PUBLISH, refused(100), R),
        (PUBLISH, refused(100, 33), R),
        (PUBLISH, refused(803), R),
        (PUBLISH, refused(12), R),
        (PUBLISH, refused(368), R),
        (PUBLISH, refused(368, 1346003), R),
        (PUBLISH, refused(100, 1404102), R),
        (PUBLISH, refused(100, 1404006), R),
        (PUBLISH, refused(100, 1404112), R),
        (PHOTO, refused(1, 1366046), R),
        (PHOTO, refused(324, message="(#324) Requires upload file"), R),
        (PHOTO, refused(100, 2069019), R),
        (PHOTO, refused(100, 2061006), R),
        (PUBLISH, refused(100, 1609005), R),
        (PUBLISH, refused(1609005), R),
        (PUBLISH, refused(100, 1609008), R),
        (PUBLISH, refused(100, 1349125), R),
        (PUBLISH, refused(100, message="(#100) Name parameter too long"), R),
        (PUBLISH, refused(100, message="(#100) No permission to publish the video"), A),
        (PUBLISH, refused(6000), R),
        (PHOTO, refused(6001, 1363037), U),
        *((PUBLISH, refused(100, subcode), R) for subcode in (1363040, 1363127, 1363128, 1363129)),
        (PUBLISH, refused(506), D),
        (PUBLISH, refused(1, 1366051), D),
        (PUBLISH, refused(17, 2446079), L),
        (PUBLISH, refused(613, 1996), L),
        *((PHOTO, refused(code, http=403), L) for code in (4, 17, 32, 341, 613)),
        *((PUBLISH, refused(code), L) for code in range(80000, 80015)),
        (PUBLISH, refused(100, 1390008), L),
        (PUBLISH, Reply(status=429, received_at=NOW), L),
        *((PHOTO, refused(code, http=500), U) for code in (1, 2, -1, -2)),
        *((PUBLISH, refused(code, http=500), Q) for code in (1, 2, -1, -2)),
        (PHOTO, refused(1, 99, http=500), U),
        *((PHOTO, refused(100, subcode), U) for subcode in (1363047, 1609010)),
        *((PUBLISH, refused(100, subcode), Q) for subcode in (1363047, 1609010)),
        (PUBLISH, refused(506, is_transient=True), Q),
        (PHOTO, Reply(status=502, body=b"<html>", received_at=NOW), U),
        (PUBLISH, Reply(status=502, body=b"<html>", received_at=NOW), Q),
        (PUBLISH, Reply(status=408, received_at=NOW), Q),
        (PUBLISH, refused(190, http=200), Q),
        (READ, refused(190, http=200), A),
        (READ, answered(), U),
    ],
)
def test_error_has_its_kind(call: Call, response: Reply, kind: FailureKind) -> None:
    failure = explain(call, response)
    assert failure.kind is kind
    assert failure.message
    assert (failure.retry_at is not None) == (kind is L)


def test_role_error_has_its_own_rule_and_advises_against_reconnecting() -> None:
    for response in (refused(190, message=IMPERSONATION), refused(200, message=WEAK_ROLE)):
        failure = explain(PUBLISH, response)
        assert failure.rule == "facebook.page.role_required"
        assert "Connecting the account again does not help" in (failure.remediation or "")


def test_ended_token_states_its_cause() -> None:
    messages = {explain(READ, refused(190, subcode)).message for subcode in (*ENDED, 463)}
    assert len(messages) == len(ENDED) + 1


def test_unreachable_url_is_the_operators_for_media_and_the_callers_for_a_link() -> None:
    assert explain(PHOTO, refused(100, 2061006)).rule == "facebook.media.reachable"
    assert explain(PUBLISH, refused(100, 1609005)).rule == "facebook.link.refused"


def test_long_text_has_the_id_of_the_rule() -> None:
    failure = explain(PUBLISH, refused(100, message="(#100) Name parameter too long"))
    assert failure.rule == "facebook.text.max_graphemes"


@pytest.mark.parametrize("response", [refused(100), refused(24, 33), answered(), refused(190)])
def test_only_an_unsupported_object_is_missing(response: Reply) -> None:
    assert is_missing(refused(100, 33))
    assert not is_missing(response)


def test_every_subcode_of_the_table_is_tested() -> None:
    assert {*BY_SUBCODE} == {
        *(1366051, 1366046, 1390008, 1346003, 1404102, 1404006, 1404078, 1404112, 4854002, 2069019, 2061006),
        *(1609005, 1609008, 1349125),
        *(1363037, 1363040, 1363127, 1363128, 1363129),
    }
