"""Consent, tokens, scopes and quotas of the simulator."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from pydantic import AnyHttpUrl

from letmepost.platforms.youtube.simulator import SIMULATOR
from tests.platforms.youtube.simulated import CALLBACK, METADATA, Caller

PREFIX = "https://www.googleapis.com/auth/"


@pytest.fixture
def caller() -> Caller:
    """Return the client of a connected channel."""
    return Caller().connect()


def refused(caller: Caller, metadata: object) -> tuple[int, str]:
    """Return the status and the reason with which an upload is refused."""
    reply = caller.open(metadata)
    return reply.status, json.loads(reply.body)["error"]["errors"][0]["reason"]


def consent(caller: Caller, choice: str, **query: str) -> str:
    """Return where the consent page leads."""
    asked = {
        "client_id": "1000-sandbox.apps.googleusercontent.com",
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": f"{PREFIX}youtube.upload {PREFIX}youtube.force-ssl",
        "state": "s",
        "access_type": "offline",
        "prompt": "consent",
    }
    reply = caller.send("GET", "/o/oauth2/v2/auth", query={**asked, "choice": choice, **query})
    return reply.headers.get("location", reply.body.decode())


def code_in(location: str) -> str:
    return location.partition("code=")[2].partition("&")[0].replace("%2F", "/")


def channel_of(caller: Caller) -> dict[str, Any]:
    [channel] = caller.call("GET", "channels", part="id,snippet,status", mine="true")[1]["items"]
    found: dict[str, Any] = channel
    return found


def test_consent_page_offers_known_channels_again(caller: Caller) -> None:
    first = channel_of(caller)
    assert "again" in consent(caller, "")
    assert channel_of(caller.connect(code=code_in(consent(caller, "again")))) == first
    second = channel_of(caller.connect(code=code_in(consent(caller, "second"))))
    assert second["id"] != first["id"]
    assert "error=access_denied" in consent(caller, "deny")


def test_refresh_token_is_returned_once_and_only_for_offline_access() -> None:
    caller = Caller()
    form = {"grant_type": "authorization_code", "redirect_uri": CALLBACK}
    granted = caller.exchange(**form, code=code_in(consent(caller, "allow")))[1]
    assert (granted["token_type"], granted["expires_in"]) == ("Bearer", 3599)
    again = caller.exchange(grant_type="refresh_token", refresh_token=granted["refresh_token"])[1]
    assert "refresh_token" not in again
    assert again["access_token"] != granted["access_token"]
    for changes in ({"choice": "allow", "access_type": "online"}, {"choice": "again", "prompt": "select_account"}):
        assert "refresh_token" not in caller.exchange(**form, code=code_in(consent(caller, **changes)))[1]
    assert "refresh_token" in caller.exchange(**form, code=code_in(consent(caller, "again")))[1]


def test_person_can_withhold_scopes(caller: Caller) -> None:
    caller.connect(code=code_in(consent(caller, "upload-only")))
    video_id = caller.publish()["id"]
    status, data = caller.call("DELETE", "videos", id=video_id)
    error = data["error"]
    assert (status, error["errors"][0]["reason"]) == (403, "insufficientPermissions")
    assert (error["status"], error["details"][0]["reason"]) == ("PERMISSION_DENIED", "ACCESS_TOKEN_SCOPE_INSUFFICIENT")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"client_secret": "wrong"}, (401, "invalid_client")),
        ({"grant_type": "password"}, (400, "unsupported_grant_type")),
        ({"code": "wrong"}, (400, "invalid_grant")),
        ({"redirect_uri": "https://other.example"}, (400, "redirect_uri_mismatch")),
        ({"redirect_uri": ""}, (400, "invalid_request")),
        ({"grant_type": "refresh_token", "refresh_token": "wrong"}, (400, "invalid_grant")),
    ],
)
def test_token_endpoint_refuses_invalid_forms(changes: Mapping[str, str], expected: tuple[int, str]) -> None:
    caller = Caller()
    code = code_in(consent(caller, "allow"))
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    status, data = caller.exchange(**{**form, **changes})
    assert (status, data["error"]) == expected


def test_revocation_ends_every_channel_of_the_google_account(caller: Caller) -> None:
    first = caller.token
    second = caller.connect(code=code_in(consent(caller, "second"))).token
    stranger = caller.connect().token
    assert caller.form("/revoke", token=second) == (200, {})
    for token, status in ((first, 401), (second, 401), (stranger, 200)):
        caller.token = token
        assert caller.call("GET", "channels", part="id", mine="true")[0] == status
    assert caller.form("/revoke", token=second) == (
        400,
        {"error": "invalid_token", "error_description": "Token expired or revoked"},
    )


def test_token_info_describes_a_valid_token(caller: Caller) -> None:
    reply = caller.send("GET", "/tokeninfo", query={"access_token": caller.token})
    info = json.loads(reply.body)
    assert (info["expires_in"], f"{PREFIX}youtube.upload" in info["scope"].split()) == ("3599", True)
    assert caller.send("GET", "/tokeninfo", query={"access_token": "x"}).status == 400


def test_permission_ends_after_connecting_when_it_is_revoked() -> None:
    caller = Caller().connect("auth_revoked")
    assert channel_of(caller)["id"]
    assert caller.refusal("GET", "channels", part="id", mine="true") == (401, "authError")
    form = {"grant_type": "refresh_token", "refresh_token": caller.refresh_token}
    assert caller.exchange(**form)[1]["error_description"] == "Token has been expired or revoked."


def test_refresh_token_of_an_app_in_testing_expires_after_a_week() -> None:
    caller = Caller()
    code = SIMULATOR.create_account(caller.state, "testing_app", caller.now, caller.entropy())["code"]
    granted = caller.exchange(grant_type="authorization_code", code=code, redirect_uri=CALLBACK)[1]
    assert granted["refresh_token_expires_in"] == 7 * 86_400
    caller.advance(days=7)
    form = {"grant_type": "refresh_token", "refresh_token": granted["refresh_token"]}
    assert caller.exchange(**form) == (
        400,
        {"error": "invalid_grant", "error_description": "Token has been expired or revoked."},
    )


def test_refresh_token_expires_if_it_is_not_used_for_half_a_year(caller: Caller) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": caller.refresh_token}
    for _ in range(3):
        caller.advance(days=150)
        assert caller.exchange(**form)[0] == 200
    caller.advance(days=183)
    assert caller.exchange(**form)[1]["error"] == "invalid_grant"


def test_google_account_without_a_channel_cannot_upload() -> None:
    caller = Caller().connect("no_channel")
    assert "items" not in caller.call("GET", "channels", part="id", mine="true")[1]
    assert refused(caller, METADATA) == (401, "youtubeSignupRequired")


def test_channel_reports_whether_long_videos_are_allowed(caller: Caller) -> None:
    assert channel_of(caller)["status"]["longUploadsStatus"] == "allowed"
    assert channel_of(caller.connect("no_long_uploads"))["status"]["longUploadsStatus"] == "eligible"


def test_every_call_costs_units_even_if_it_is_refused(caller: Caller) -> None:
    video_id = caller.publish()["id"]
    caller.video(video_id)
    caller.call("DELETE", "videos", id="none")
    caller.call("GET", "captions", part="snippet", videoId=video_id)
    caller.call("GET", "search", part="id")
    assert caller.state["quota/2026-11-22"] == {"uploads": 1, "units": 101, "searches": 1}
    caller.advance(hours=12)
    caller.refresh()
    caller.video(video_id)
    assert caller.state["quota/2026-11-23"] == {"units": 1}


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        pytest.param("2026-11-01T06:59:59+00:00", "2026-10-31", id="the last second of a day of summer time"),
        pytest.param("2026-11-01T07:00:00+00:00", "2026-11-01", id="midnight in summer time"),
        pytest.param("2026-11-02T07:59:59+00:00", "2026-11-01", id="the last second of a day of 25 hours"),
        pytest.param("2026-11-02T08:00:00+00:00", "2026-11-02", id="midnight in standard time"),
        pytest.param("2027-03-15T07:00:00+00:00", "2027-03-15", id="midnight after the day of 23 hours"),
    ],
)
def test_day_of_the_quota_begins_at_midnight_in_california(moment: str, day: str) -> None:
    caller = Caller(now=datetime.fromisoformat(moment)).connect()
    caller.call("GET", "videos", part="id", id="none")
    assert caller.state[f"quota/{day}"] == {"units": 1}


def test_used_up_units_leave_uploads_possible() -> None:
    caller = Caller().connect("daily_units")
    video_id = caller.publish()["id"]
    assert channel_of(caller)["id"]
    status, data = caller.call("GET", "videos", part="id", id=video_id)
    assert (status, data["error"]["errors"][0]) == (
        403,
        {"message": data["error"]["message"], "domain": "youtube.quota", "reason": "quotaExceeded"},
    )


def test_rate_limit_has_two_forms() -> None:
    caller = Caller().connect("rate_limited")
    assert refused(caller, METADATA) == (429, "rateLimitExceeded")
    assert refused(caller, METADATA) == (403, "userRateLimitExceeded")
    caller.publish()


def test_rejected_video_is_refused_before_the_upload() -> None:
    assert refused(Caller().connect("rejected"), METADATA) == (400, "invalidVideoMetadata")


def test_unknown_calls_are_refused(caller: Caller) -> None:
    assert caller.refusal("POST", "videos") == (405, "httpMethodNotAllowed")
    assert caller.refusal("GET", "nothing") == (404, "notFound")
    assert caller.refusal("GET", "videos", id="x") == (400, "missingRequiredParameter")
    assert caller.refusal("GET", "videos", part="id") == (400, "missingRequiredParameter")
    assert caller.refusal("GET", "videos", part="everything", id="x") == (400, "unknownPart")
    assert caller.refusal("PUT", "videos", [], part="snippet") == (400, "parseError")
    caller.token = "ya29.unknown"
    assert caller.refusal("GET", "videos", part="id", id="x") == (401, "authError")


def test_settings_point_every_host_at_the_simulator() -> None:
    made = SIMULATOR.settings(AnyHttpUrl("http://sandbox.test/org/youtube/"))
    hosts = {str(getattr(made, name)) for name in ("api_url", "upload_url", "auth_url", "token_url")}
    assert hosts == {"http://sandbox.test/org/youtube"}
