"""The simulator refuses what LinkedIn refuses: one row per row of the fact sheet."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from letmepost.platforms.linkedin import PLATFORM
from letmepost.platforms.linkedin.simulator.consent import APP, CONSENT
from letmepost.platforms.linkedin.simulator.scenarios import SCENARIOS
from letmepost.platforms.simulation import SimulatedReply
from tests.doubles.client import CALLBACK
from tests.platforms.linkedin.driver import Driver
from tests.platforms.linkedin.transcripts import BYTES
from tests.platforms.linkedin.visitor import VERSION, Visitor, code_of, json_of

CREDENTIALS = {"client_id": APP.client_id, "client_secret": APP.client_secret}
FORM = {"content-type": "application/x-www-form-urlencoded"}
JPEG, PDF = BYTES["image/jpeg"], BYTES["application/pdf"]
UNKNOWN = "urn:li:person:unknown"


@pytest.fixture
def visitor() -> Visitor:
    made = Visitor()
    made.connect()
    return made


@pytest.fixture
def owner() -> Visitor:
    """Return a member with two pages."""
    made = Visitor()
    made.connect_pages()
    return made


def image_of(number: int) -> dict[str, str]:
    return {"id": f"urn:li:image:{number}"}


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"commentary": None}, (422, "MISSING_FIELD")),
        ({"distribution": None}, (422, "MISSING_FIELD")),
        ({"author": 7}, (422, "MISSING_FIELD")),
        ({"scheduledAt": 1}, (422, "UNPERMITTED_FIELD")),
        ({"visibility": "FRIENDS"}, (422, "INVALID_VALUE_FOR_FIELD")),
        ({"author": "urn:li:organization:1", "visibility": "CONNECTIONS"}, (422, "INVALID_VALUE_FOR_FIELD")),
        ({"commentary": ""}, (422, "INVALID_VALUE_BLANK_FIELD")),
        ({"commentary": "x" * 3001}, (422, "FIELD_LENGTH_TOO_LONG")),
        ({"commentary": "🎉" * 1501}, (422, "FIELD_LENGTH_TOO_LONG")),
        ({"commentary": "@[A](urn:li:person:1)" + "x" * 3000}, (422, "FIELD_LENGTH_TOO_LONG")),
        ({"author": UNKNOWN}, (403, "ACCESS_DENIED")),
        ({"author": "urn:li:organization:1"}, (403, "ACCESS_DENIED")),
        ({"content": {}}, (422, "INVALID_VALUE_FOR_FIELD")),
        ({"content": {"article": {}, "poll": {}}}, (422, "INVALID_VALUE_FOR_FIELD")),
        ({"content": {"carousel": {"cards": []}}}, (422, "UNPERMITTED_FIELD")),
        ({"content": {"article": {"title": "A"}}}, (422, "MISSING_FIELD")),
        ({"content": {"article": {"source": "https://a.example"}}}, (422, "MISSING_FIELD")),
        ({"content": {"article": {"source": "https://a.example", "title": "t" * 401}}}, (422, "FIELD_LENGTH_TOO_LONG")),
        (
            {"content": {"article": {"source": "https://a.example", "title": "A", "thumbnail": "https://b.example"}}},
            (422, "INVALID_URN_TYPE"),
        ),
        ({"content": {"media": {"id": "urn:li:carousel:1"}}}, (422, "INVALID_URN_TYPE")),
        ({"content": {"media": {"id": "urn:li:video:1"}}}, (422, "INVALID_URN_ID")),
        ({"content": {"media": {"id": "urn:li:video:1", "title": "a" * 4087}}}, (422, "FIELD_LENGTH_TOO_LONG")),
        ({"content": {"media": {"id": "urn:li:image:1"}}}, (422, "INVALID_URN_ID")),
        ({"content": {"media": {"id": "urn:li:image:1", "altText": "a" * 4087}}}, (422, "FIELD_LENGTH_TOO_LONG")),
        ({"content": {"media": {"id": "urn:li:document:1"}}}, (422, "MISSING_FIELD")),
        ({"content": {"multiImage": {"images": [image_of(1)]}}}, (422, "INVALID_VALUE_FOR_FIELD")),
        ({"content": {"multiImage": {"images": [image_of(1)] * 21}}}, (422, "INVALID_VALUE_FOR_FIELD")),
        ({"content": {"poll": {"question": "q" * 141}}}, (422, "FIELD_LENGTH_TOO_LONG")),
        ({"content": {"poll": {"question": "🎉" * 71}}}, (422, "FIELD_LENGTH_TOO_LONG")),
        ({"content": {"poll": {"question": " \n"}}}, (422, "INVALID_VALUE_BLANK_FIELD")),
        (
            {"content": {"poll": {"question": "q", "options": [{"text": "a"}, {"text": " "}]}}},
            (422, "INVALID_VALUE_BLANK_FIELD"),
        ),
        ({"content": {"poll": {"question": "q", "options": [{"text": "a"}]}}}, (422, "INVALID_VALUE_FOR_FIELD")),
        (
            {"content": {"poll": {"question": "q", "options": [{"text": "a"}, {"text": "b" * 31}]}}},
            (422, "FIELD_LENGTH_TOO_LONG"),
        ),
        (
            {"content": {"poll": {"question": "q", "options": [{"text": "a"}] * 2, "settings": {"duration": "EVER"}}}},
            (422, "INVALID_VALUE_FOR_FIELD"),
        ),
    ],
)
def test_post_is_rejected(visitor: Visitor, changes: dict[str, Any], refused: tuple[int, str]) -> None:
    assert code_of(visitor.post(**changes)) == refused
    assert visitor.visible() == []


def test_response_to_a_post_is_only_a_header(visitor: Visitor) -> None:
    reply = visitor.post()
    assert (reply.status, reply.body) == (201, b"")
    assert reply.headers["x-restli-id"].startswith("urn:li:share:")


def test_unescaped_character_ends_the_text_of_an_accepted_post(visitor: Visitor) -> None:
    assert visitor.post(commentary="hello (you) there").status == 201
    assert visitor.visible() == ["hello "]


def test_repeat_is_rejected_with_the_urn_of_the_first_for_an_hour(visitor: Visitor) -> None:
    first = visitor.post().headers["x-restli-id"]
    repeat = visitor.post()
    assert code_of(repeat) == (422, "DUPLICATE_POST")
    assert json_of(repeat)["message"] == f"Content is a duplicate of {first}"
    assert visitor.post(commentary="other").status == 201
    visitor.now += timedelta(hours=1)
    assert visitor.post().status == 201


def test_deleted_post_can_be_created_again(visitor: Visitor) -> None:
    urn = visitor.post().headers["x-restli-id"]
    for _ in range(2):
        assert visitor.rest("DELETE", f"posts/{urn}").status == 204
    assert visitor.post().status == 201


def test_post_of_another_member_cannot_be_deleted(visitor: Visitor) -> None:
    urn = visitor.post().headers["x-restli-id"]
    visitor.connect()
    assert code_of(visitor.rest("DELETE", f"posts/{urn}")) == (403, "ACCESS_DENIED")


# Versions


@pytest.mark.parametrize(
    ("version", "refused"),
    [
        ("", (426, "NONEXISTENT_VERSION")),
        ("202511", (426, "NONEXISTENT_VERSION")),
        ("202512", (426, "NONEXISTENT_VERSION")),
        ("202504", (426, "NONEXISTENT_VERSION")),
        ("299901", (426, "NONEXISTENT_VERSION")),
    ],
)
def test_inactive_version_is_rejected(visitor: Visitor, version: str, refused: tuple[int, str]) -> None:
    assert code_of(visitor.rest("POST", "posts", visitor.body(), linkedin_version=version)) == refused


def test_call_without_a_required_version_is_rejected(visitor: Visitor) -> None:
    token = {"authorization": f"Bearer {visitor.token}"}
    assert code_of(visitor.ask("POST", "/rest/posts", b"{}", token)) == (400, "VERSION_MISSING")
    assert visitor.ask("GET", "/v2/userinfo", headers=token).status == 200


def test_version_ends_on_its_day(visitor: Visitor) -> None:
    visitor.now = visitor.now.replace(year=2027, month=1, day=14)
    visitor.connect()
    assert visitor.rest("POST", "posts", visitor.body(), linkedin_version="202601").status == 201
    visitor.now += timedelta(days=1)
    reply = visitor.rest("POST", "posts", visitor.body(), linkedin_version="202601")
    assert json_of(reply)["message"] == "Requested version 202601 is not active"


# Tokens


@pytest.mark.parametrize(
    ("header", "refused"),
    [
        ("", (401, "EMPTY_ACCESS_TOKEN")),
        ("Basic x", (401, "EMPTY_ACCESS_TOKEN")),
        ("Bearer AQX", (401, "INVALID_ACCESS_TOKEN")),
    ],
)
def test_call_without_a_valid_token_is_rejected(visitor: Visitor, header: str, refused: tuple[int, str]) -> None:
    assert code_of(visitor.rest("POST", "posts", visitor.body(), authorization=header)) == refused


def test_token_expires_after_sixty_days(visitor: Visitor) -> None:
    visitor.now += timedelta(days=60)
    assert code_of(visitor.post()) == (401, "EXPIRED_ACCESS_TOKEN")


def test_revoked_permission_cannot_write(visitor: Visitor) -> None:
    visitor.connect("auth_revoked")
    reply = visitor.post()
    assert code_of(reply) == (401, "REVOKED_ACCESS_TOKEN")
    assert json_of(reply)["serviceErrorCode"] == 65601


def test_token_of_a_member_can_only_write() -> None:
    visitor = Visitor()
    visitor.connect()
    code = visitor.state[f"oauth/token/{visitor.token}"]
    visitor.state[f"oauth/token/{visitor.token}"] = {**code, "scopes": ["openid", "profile", "w_member_social"]}
    post, image = visitor.post().headers["x-restli-id"], visitor.asset("images", JPEG)
    for path in (f"posts/{post}", f"images/{image}", f"socialActions/{post}/comments", "organizationAcls"):
        assert code_of(visitor.rest("GET", path)) == (403, "ACCESS_DENIED")
    query = (("q", "author"), ("author", visitor.author))
    assert code_of(visitor.rest("GET", "posts", None, *query, x_restli_method="FINDER")) == (403, "ACCESS_DENIED")


def test_posts_of_members_cannot_be_listed(owner: Visitor) -> None:
    query = (("q", "author"), ("author", owner.author))
    assert code_of(owner.rest("GET", "posts", None, *query, x_restli_method="FINDER")) == (403, "ACCESS_DENIED")


def test_pages_can_be_read_by_their_administrators(owner: Visitor) -> None:
    page = owner.account.data["authors"][1]
    urn = owner.post(author=page).headers["x-restli-id"]
    query = (("q", "author"), ("author", page))
    [listed] = json_of(owner.rest("GET", "posts", None, *query, x_restli_method="FINDER"))["elements"]
    assert (listed["id"], listed["commentary"], listed["lifecycleState"]) == (urn, "hello", "PUBLISHED")
    assert json_of(owner.rest("GET", f"posts/{urn}"))["id"] == urn
    assert owner.rest("GET", "posts", None, *query).status == 404  # without the FINDER's header
    assert owner.rest("GET", "posts/urn:li:share:1").status == 404
    assert owner.rest("GET", "organizations/1").status == 404


# Media


def test_media_item_belongs_to_the_author(owner: Visitor) -> None:
    page = owner.account.data["authors"][1]
    urn = owner.asset("images", JPEG, owner=page)
    assert code_of(owner.post(content={"media": {"id": urn}})) == (403, "ACCESS_DENIED")
    assert owner.post(author=page, content={"media": {"id": urn}}).status == 201
    request = {"initializeUploadRequest": {"owner": UNKNOWN}}
    refused = owner.rest("POST", "images", request, ("action", "initializeUpload"))
    assert code_of(refused) == (403, "ACCESS_DENIED")


@pytest.mark.parametrize(
    ("resource", "data", "refused"),
    [
        ("images", None, (400, "MEDIA_ASSET_WAITING_UPLOAD")),
        ("images", b"no image", (400, "MEDIA_ASSET_PROCESSING_FAILED")),
        ("documents", PDF, (400, "MEDIA_ASSET_WAITING_UPLOAD")),
    ],
)
def test_media_item_that_is_not_ready_is_rejected(
    visitor: Visitor, resource: str, data: bytes | None, refused: tuple[int, str]
) -> None:
    urn = visitor.asset(resource, data)
    assert code_of(visitor.post(content={"media": {"id": urn, "title": "Deck"}})) == refused


def test_document_is_ready_after_a_while(visitor: Visitor) -> None:
    urn = visitor.asset("documents", PDF)
    assert json_of(visitor.rest("GET", f"documents/{urn}"))["status"] == "PROCESSING"
    visitor.now += timedelta(seconds=3)
    assert json_of(visitor.rest("GET", f"documents/{urn}"))["status"] == "AVAILABLE"
    assert visitor.post(content={"media": {"id": urn, "title": "Deck"}}).status == 201


def test_upload_url_expires(visitor: Visitor) -> None:
    request = {"initializeUploadRequest": {"owner": visitor.author}}
    value = json_of(visitor.rest("POST", "images", request, ("action", "initializeUpload")))["value"]
    assert value["uploadUrlExpiresAt"] == int((visitor.now + timedelta(hours=12)).timestamp() * 1000)
    path = urlsplit(value["uploadUrl"]).path.removeprefix("/org_1/linkedin")
    visitor.now += timedelta(hours=12)
    assert code_of(visitor.ask("PUT", path, JPEG)) == (400, "EXPIRED_UPLOAD_URL")
    assert visitor.ask("PUT", "/dms-uploads/1", JPEG).status == 404
    assert code_of(visitor.rest("POST", "images", request)) == (400, "ILLEGAL_ARGUMENT")
    assert visitor.rest("GET", "images/urn:li:image:1").status == 404


# Comments


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"actor": UNKNOWN}, (403, "ACCESS_DENIED")),
        ({"object": "urn:li:share:1"}, (404, "RESOURCE_NOT_FOUND")),
        ({"message": {"text": ""}}, (422, "INVALID_VALUE_BLANK_FIELD")),
        ({"message": "hello"}, (422, "INVALID_VALUE_BLANK_FIELD")),
        ({"message": {"text": "x" * 1251}}, (422, "FIELD_LENGTH_TOO_LONG")),
        ({"message": {"text": "🎉" * 626}}, (422, "FIELD_LENGTH_TOO_LONG")),
    ],
)
def test_comment_is_rejected(visitor: Visitor, changes: dict[str, Any], refused: tuple[int, str]) -> None:
    urn = visitor.post().headers["x-restli-id"]
    visitor.now += timedelta(seconds=2)
    body = {"actor": visitor.author, "object": urn, "message": {"text": "more"}, **changes}
    assert code_of(visitor.rest("POST", f"socialActions/{urn}/comments", body)) == refused


def test_new_post_accepts_comments_after_a_delay(visitor: Visitor) -> None:
    urn = visitor.post().headers["x-restli-id"]
    body = {"actor": visitor.author, "object": urn, "message": {"text": "more (here)"}}
    early = visitor.rest("POST", f"socialActions/{urn}/comments", body)
    assert (early.status, json_of(early)["message"]) == (400, f"Unable to obtain activity for {urn}")
    visitor.now += timedelta(seconds=1)
    made = visitor.rest("POST", f"socialActions/{urn}/comments", body)
    assert made.status == 201
    assert json_of(made)["$URN"].startswith(f"urn:li:comment:({urn},")
    [listed] = json_of(visitor.rest("GET", f"socialActions/{urn}/comments"))["elements"]
    assert listed["$URN"] == json_of(made)["$URN"]
    assert visitor.visible() == ["hello", "more (here)"]


# Limits, routes


def test_member_has_a_daily_limit_of_requests(visitor: Visitor) -> None:
    for number in range(150):
        assert visitor.post(commentary=f"post {number}").status == 201
    refused = visitor.post(commentary="one more")
    assert code_of(refused) == (429, "TOO_MANY_REQUESTS")
    assert "APPLICATION_AND_MEMBER DAY" in json_of(refused)["message"]
    assert "retry-after" not in refused.headers
    visitor.connect()
    assert visitor.post(commentary="of another member").status == 201


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("GET", "/rest/reactions", 404), ("PUT", "/rest/posts", 405)],
)
def test_other_paths_are_not_found(visitor: Visitor, method: str, path: str, status: int) -> None:
    assert visitor.ask(method, path, headers={"authorization": f"Bearer {visitor.token}", **VERSION}).status == status


def test_body_that_is_not_json_is_rejected(visitor: Visitor) -> None:
    headers = {"authorization": f"Bearer {visitor.token}", **VERSION}
    assert code_of(visitor.ask("POST", "/rest/posts", b"{", headers)) == (400, "ILLEGAL_ARGUMENT")


# Consent


def authorize(visitor: Driver, **changes: str) -> SimulatedReply:
    query = {
        "response_type": "code",
        "client_id": APP.client_id,
        "redirect_uri": CALLBACK,
        "state": "s&1",
        "scope": "openid w_member_social",
        **changes,
    }
    return visitor.ask("GET", "/oauth/v2/authorization", query=tuple(query.items()))


def test_consent_page_offers_new_and_known_members(visitor: Visitor) -> None:
    known = visitor.author.rpartition(":")[2]
    choices = re.findall(r"choice=(\w+)", authorize(visitor).body.decode())
    assert choices == ["member", "pages", known, "deny", "deny_login"]


def test_canceled_consent_returns_the_reason(visitor: Visitor) -> None:
    back = authorize(visitor, choice="deny").headers["location"]
    told_back = dict(parse_qsl(urlsplit(back).query))
    assert (told_back["error"], told_back["state"]) == ("user_cancelled_authorize", "s&1")


def test_app_that_requests_too_much_gets_nothing(visitor: Visitor) -> None:
    back = authorize(visitor, scope="openid r_member_social").headers["location"]
    assert "error=unauthorized_scope_error" in back


def token(visitor: Driver, endpoint: str, **form: str) -> SimulatedReply:
    return visitor.ask(
        "POST", f"/oauth/v2/{endpoint}", urlencode({**CREDENTIALS, "redirect_uri": CALLBACK, **form}).encode(), FORM
    )


@pytest.mark.parametrize(
    ("form", "refused"),
    [
        ({"client_secret": "wrong"}, (401, "invalid_client")),
        ({"grant_type": "password"}, (400, "invalid_request")),
        ({"code": "unknown"}, (400, "invalid_request")),
        ({"grant_type": "refresh_token", "refresh_token": "unknown"}, (400, "invalid_grant")),
    ],
)
def test_grant_is_rejected(visitor: Visitor, form: dict[str, str], refused: tuple[int, str]) -> None:
    code = CONSENT.create_account(visitor.state, "ok", visitor.now, visitor.entropy())["code"]
    reply = token(visitor, "accessToken", **{"grant_type": "authorization_code", "code": code, **form})
    assert (reply.status, json_of(reply)["error"]) == refused


def test_grant_has_scopes_with_commas_and_a_lifetime_in_seconds(visitor: Visitor) -> None:
    code = CONSENT.create_account(visitor.state, "token_expiring", visitor.now, visitor.entropy())["code"]
    granted = json_of(token(visitor, "accessToken", grant_type="authorization_code", code=code))
    assert "w_member_social,w_organization_social" in granted["scope"]
    assert (granted["expires_in"], granted["refresh_token_expires_in"]) == (5, 31_536_000)
    visitor.now += timedelta(days=1)
    again = json_of(token(visitor, "accessToken", grant_type="refresh_token", refresh_token=granted["refresh_token"]))
    assert again["refresh_token"] == granted["refresh_token"]
    assert again["refresh_token_expires_in"] == 31_536_000 - 86_400
    assert again["access_token"] != granted["access_token"]


def test_introspection_describes_a_token(visitor: Visitor) -> None:
    token_facts = json_of(token(visitor, "introspectToken", token=visitor.token))
    assert (token_facts["active"], token_facts["status"], token_facts["client_id"]) == (True, "active", APP.client_id)
    assert token_facts["expires_at"] == int((visitor.now + timedelta(days=60)).timestamp())
    visitor.now += timedelta(days=60)
    assert json_of(token(visitor, "introspectToken", token=visitor.token))["status"] == "expired"
    assert json_of(token(visitor, "introspectToken", token="unknown")) == {"active": False}
    assert token(visitor, "introspectToken", client_secret="wrong").status == 401


# Scenarios


@pytest.mark.parametrize(
    ("scenario", "statuses"),
    [
        ("ok", [201, 422, 422]),
        ("rate_limited", [429, 429, 201]),
        ("quota_exhausted", [429, 429, 429]),
        ("rejected", [422, 422, 422]),
        ("duplicate", [422, 422, 422]),
        ("unavailable", [503, 503, 503]),
        ("flaky", [500, 201, 500]),
        ("timeout_after_publish", [201, 422, 422]),
        ("silent_success", [201, 422, 422]),
        ("processing_forever", [201, 422, 422]),
    ],
)
def test_scenario_refuses_writes(visitor: Visitor, scenario: str, statuses: list[int]) -> None:
    visitor.connect(scenario)
    replies = [visitor.post() for _ in statuses]
    assert [reply.status for reply in replies] == statuses
    assert replies[0].dropped is (scenario == "timeout_after_publish")
    assert ("x-restli-id" in replies[0].headers) is (replies[0].status == 201 and scenario != "silent_success")


def test_unavailable_scenario_ends(visitor: Visitor) -> None:
    visitor.connect("unavailable")
    request = {"initializeUploadRequest": {"owner": visitor.author}}
    assert visitor.rest("POST", "images", request, ("action", "initializeUpload")).status == 503
    visitor.now += timedelta(seconds=8)
    assert visitor.post().status == 201


def test_slow_account_responds_late(visitor: Visitor) -> None:
    visitor.connect("slow")
    assert visitor.post().delay_s == 3.0


def test_unknown_scenario_is_rejected(visitor: Visitor) -> None:
    with pytest.raises(ValueError, match="luck"):
        CONSENT.create_account(visitor.state, "luck", visitor.now, visitor.entropy())
    assert tuple(PLATFORM.simulator.scenarios) == tuple(SCENARIOS)
    assert all(scenario.summary.endswith(".") for scenario in SCENARIOS.values())
