"""What a refusal means: one row for each row of the protocol's table of errors."""

import json
from datetime import timedelta

import pytest

from letmepost.domain.errors import FailureKind, LimitScope
from letmepost.domain.flow import Auth, Call, Effect, Reply
from letmepost.platforms.tiktok import api
from letmepost.platforms.tiktok.replies import explain
from letmepost.platforms.tiktok.status import Status
from tests.doubles.media import video
from tests.platforms.tiktok.transcripts import NOW, PUBLISH_ID, SETTINGS, UPLOAD_URL, ready, refused, replied, status

CREATOR = api.prepare_creator(SETTINGS)
INIT = api.begin_video(SETTINGS, {}, is_inbox=False)
INBOX = api.begin_video(SETTINGS, {}, is_inbox=True)
PHOTOS = api.publish_photos(SETTINGS, {}, step="post")
STATUS = api.read_status(SETTINGS, PUBLISH_ID)
USER = api.read_user(SETTINGS, with_profile=False)
TOKEN = api.request_tokens(SETTINGS, {"grant_type": "refresh_token"}, auth=Auth.ACCOUNT)
PART = api.send_part(api.Session(PUBLISH_ID, UPLOAD_URL), video(), 0, 5_000)
LAST_PART = Call(method="PUT", url=UPLOAD_URL, effect=Effect.PUBLISH, step="post")

A, R, L, X, U, Q = (
    FailureKind.AUTH_FAILED,
    FailureKind.REJECTED,
    FailureKind.RATE_LIMITED,
    FailureKind.QUOTA_EXHAUSTED,
    FailureKind.UNAVAILABLE,
    FailureKind.IN_DOUBT,
)
AUDIT = "unaudited_client_can_only_post_to_private_accounts"
SPAM = "spam_risk_user_banned_from_posting"


@pytest.mark.parametrize(
    ("call", "reply", "kind", "rule"),
    [
        (USER, refused(401, "access_token_invalid"), A, None),
        (INIT, refused(401, "scope_not_authorized"), A, None),
        (INIT, refused(400, "scope_permission_missed"), A, None),
        (USER, refused(200, "scope_not_authorized"), A, None),
        (INIT, refused(429, "rate_limit_exceeded"), L, None),
        (CREATOR, refused(200, "rate_limit_exceeded"), L, None),
        *((call, refused(403, "spam_risk_too_many_posts"), X, "tiktok.quota.posts") for call in (INIT, PHOTOS)),
        (CREATOR, refused(200, "spam_risk_too_many_posts"), X, "tiktok.quota.posts"),
        (INBOX, refused(403, "spam_risk_too_many_pending_share"), X, "tiktok.quota.drafts"),
        (INIT, refused(403, "reached_active_user_cap"), X, "tiktok.quota.accounts"),
        (CREATOR, refused(200, "reached_active_user_cap"), X, "tiktok.quota.accounts"),
        (INIT, refused(403, SPAM), R, "tiktok.account.banned"),
        (CREATOR, refused(200, SPAM), R, "tiktok.account.banned"),
        (INIT, refused(403, AUDIT), R, "tiktok.audit.private_account"),
        (PHOTOS, refused(403, "privacy_level_option_mismatch"), R, "tiktok.privacy.not_allowed"),
        (PHOTOS, refused(403, "url_ownership_unverified"), R, "tiktok.photo.domain_unverified"),
        (INIT, refused(400, "invalid_param"), R, None),
        (INIT, refused(400, "invalid_params"), R, None),
        (PHOTOS, refused(400, "invalid_params", "Invalid authorization header. Please check the format."), R, None),
        (INIT, refused(400, "invalid_params", "The chunk size is invalid"), R, "tiktok.upload.chunk_plan"),
        (PHOTOS, refused(400, "app_version_check_failed"), R, "tiktok.inbox.app_version"),
        (INIT, refused(400, "invalid_file_upload"), R, None),
        (INIT, refused(200, "something_new"), R, None),
        (STATUS, refused(400, "invalid_publish_id"), Q, None),
        (STATUS, refused(400, "token_not_authorized_for_specified_publish_id"), R, None),
        *((call, refused(500, "internal_error"), U, None) for call in (INIT, INBOX, CREATOR, STATUS)),
        (PHOTOS, refused(500, "internal_error"), Q, None),
        (PHOTOS, refused(200, "internal_error"), Q, None),
        (PHOTOS, replied(502), Q, None),
        (PHOTOS, replied(200, {"data": {}}), Q, None),
        (PHOTOS, replied(408), Q, None),
        (INIT, Reply(status=200, body=b"<html>", received_at=NOW), U, None),
        (STATUS, refused(429, "rate_limit_exceeded"), L, None),
        *((PART, replied(code), U, "tiktok.upload.chunk_failed") for code in (401, 403, 404, 416)),
        *((call, replied(400), R, None) for call in (PART, LAST_PART)),
        (PART, replied(503), U, None),
        (LAST_PART, replied(503), Q, None),
        *((LAST_PART, replied(code), U, "tiktok.upload.chunk_failed") for code in (403, 404, 416)),
        (PART, replied(429), L, None),
        *(
            (TOKEN, replied(400, {"error": code, "error_description": "No.", "log_id": "1"}), R, None)
            for code in ("invalid_request", "invalid_scope", "access_denied", "unsupported_response_type")
        ),
        (TOKEN, replied(503), U, None),
        (TOKEN, replied(429), L, None),
        (TOKEN, replied(400, {"error": "server_error"}), U, None),
    ],
)
def test_error_has_its_kind_and_rule(call: Call, reply: Reply, kind: FailureKind, rule: str | None) -> None:
    failure = explain(call, reply)
    assert (failure.kind, failure.rule) == (kind, rule)
    assert failure.message


def test_limit_of_users_holds_back_the_whole_app() -> None:
    assert explain(INIT, refused(403, "reached_active_user_cap")).scope is LimitScope.APP
    assert explain(INIT, refused(403, "spam_risk_too_many_posts")).scope is LimitScope.ACCOUNT


@pytest.mark.parametrize(
    ("reply", "after"),
    [
        (refused(429, "rate_limit_exceeded"), timedelta(seconds=60)),
        (refused(429, "rate_limit_exceeded", retry_after="90"), timedelta(seconds=90)),
        (refused(403, "spam_risk_too_many_pending_share"), timedelta(hours=6)),
        (refused(403, "spam_risk_too_many_posts"), None),
        (refused(503, "internal_error", retry_after="7"), timedelta(seconds=7)),
    ],
)
def test_limit_states_when_to_retry(reply: Reply, after: timedelta | None) -> None:
    assert explain(INIT, reply).retry_at == (None if after is None else NOW + after)


def test_remediation_of_an_unaudited_app_names_the_setting_of_the_account() -> None:
    assert "Set the account to private" in str(explain(INIT, refused(403, AUDIT)).remediation)


@pytest.mark.parametrize("name", ["log_id", "logid"])
def test_log_id_is_shown_in_both_spellings(name: str) -> None:
    reply = replied(400, {"error": {"code": "invalid_params", "message": "No.", name: "2022"}})
    assert (explain(INIT, reply).response or {})["logId"] == "2022"


def test_tokens_and_upload_urls_in_a_refusal_are_not_shown() -> None:
    failure = explain(INIT, refused(400, "invalid_params", f"act.abcdef!1234 rft.abcdef-1234 {UPLOAD_URL}"))
    shown = f"{failure.message} {json.dumps(failure.response)}"
    assert not any(secret in shown for secret in ("act.abcdef", "rft.abcdef", "Xza123"))


@pytest.mark.parametrize(
    ("reason", "kind", "rule"),
    [
        ("file_format_check_failed", R, "tiktok.file_format.invalid"),
        ("duration_check_failed", R, "tiktok.video.too_long"),
        ("frame_rate_check_failed", R, "tiktok.video.frame_rate"),
        ("picture_size_check_failed", R, "tiktok.resolution.unsupported"),
        ("video_bitrate_check_failed", R, None),
        ("internal", U, None),
        *((name, U, "tiktok.photo.reachable") for name in ("video_pull_failed", "photo_pull_failed")),
        *((name, U, "tiktok.photo.reachable") for name in ("video_download_failed", "photo_download_failed")),
        ("publish_cancelled", R, "tiktok.publish.canceled"),
        ("auth_removed", A, None),
        ("spam_risk_too_many_posts", X, "tiktok.quota.posts"),
        (SPAM, R, "tiktok.account.banned"),
        ("spam_risk_text", R, "tiktok.content.spam"),
        ("spam_risk", R, "tiktok.content.spam"),
        ("something_new", R, "tiktok.publish.failed"),
    ],
)
def test_reason_of_a_failed_post_has_its_kind_and_rule(reason: str, kind: FailureKind, rule: str | None) -> None:
    found = Status.of(status("FAILED", fail_reason=reason))
    assert found is not None
    failure = found.failure(ready().content)
    assert (failure.kind, failure.rule) == (kind, rule)


def test_failed_media_check_states_the_facts_of_the_media() -> None:
    found = Status.of(status("FAILED", fail_reason="file_format_check_failed"))
    assert found is not None
    message = found.failure(ready("", video(audio_codec="aac", bit_rate=317_000)).content).message
    assert "media[0] (video/mp4, h264, 1080x1920, 12 s, 30 frames/s, 317000 bit/s, aac)" in message


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        ([7663542984343883021], ("7663542984343883021",)),
        (7663542984343883021, ("7663542984343883021",)),
        ("7663542984343883021", ("7663542984343883021",)),
        (["1", 2], ("1", "2")),
        ([], ()),
        ([True, None, -1, 0, "x", 1.5], ()),
    ],
)
def test_ids_of_posts_are_read_as_texts(value: object, ids: tuple[str, ...]) -> None:
    found = Status.of(status("PUBLISH_COMPLETE", publicaly_available_post_id=value))
    assert found is not None
    assert found.post_ids == ids
