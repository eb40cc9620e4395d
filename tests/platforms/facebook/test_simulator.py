"""The simulator refuses what the real service refuses: one row per row of the protocol."""

import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest

from letmepost.domain.sandbox_pages import post_path
from letmepost.platforms.facebook import PLATFORM
from letmepost.platforms.facebook.simulator.consent import APP
from letmepost.platforms.simulation import SimulatedReply
from tests.doubles.worker import Worker

PICTURE = "https://media.example.com/media/1"
WRONG = (400, 100, None)


class Page:
    """A connected Page, as seen by its client."""

    def __init__(self, scenario: str = "ok") -> None:
        self.worker = Worker(platform=PLATFORM)
        account = self.worker.connect(scenario)
        self.id, self.token = account.platform_account_id, account.credential.secrets["access_token"]

    def send(self, method: str, path: str, form: Mapping[str, str] | None = None, **query: str) -> SimulatedReply:
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/x-www-form-urlencoded"}
        body = urlencode(form or {}).encode()
        return self.worker.ask(method, f"/v26.0/{path}", body, headers, query=(self.proof, *query.items()))

    @property
    def proof(self) -> tuple[str, str]:
        return "appsecret_proof", hmac.digest(APP.client_secret.encode(), self.token.encode(), "sha256").hex()

    def post(self, edge: str, **form: str) -> SimulatedReply:
        return self.send("POST", f"{self.id}/{edge}", form)

    def get(self, path: str, **query: str) -> Any:
        return data(self.send("GET", path, None, **query))

    def stage(self) -> str:
        photo_id: str = data(self.post("photos", url=PICTURE, published="false"))["id"]
        return photo_id

    def transfer(self, session: str, start: int, content: bytes) -> SimulatedReply:
        """Send a part of a feed video."""
        fields = {"upload_phase": "transfer", "upload_session_id": session, "start_offset": str(start)}
        head = "".join(
            f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
        )
        file = b'--b\r\nContent-Disposition: form-data; name="video_file_chunk"; filename="a"\r\n\r\n' + content
        headers = {"authorization": f"Bearer {self.token}", "content-type": "multipart/form-data; boundary=b"}
        body = head.encode() + file + b"\r\n--b--\r\n"
        return self.worker.ask("POST", f"/v26.0/{self.id}/videos", body, headers, query=(self.proof,))

    def start(self, edge: str = "videos", **form: str) -> Any:
        return data(self.post(edge, upload_phase="start", **form))

    def upload(self, content: bytes) -> SimulatedReply:
        body = (
            b'--b\r\nContent-Disposition: form-data; name="access_token"\r\n\r\n'
            + self.token.encode()
            + b'\r\n--b\r\nContent-Disposition: form-data; name="source"; filename="a.png"\r\n\r\n'
            + content
            + b"\r\n--b--\r\n"
        )
        headers = {"content-type": "multipart/form-data; boundary=b"}
        return self.worker.ask("POST", f"/v26.0/{self.id}/photos", body, headers, query=(self.proof,))


def data(reply: SimulatedReply) -> Any:
    return json.loads(reply.body)


def refusal(reply: SimulatedReply) -> tuple[int, int | None, int | None]:
    error = data(reply).get("error", {})
    return reply.status, error.get("code"), error.get("error_subcode")


@pytest.fixture
def page() -> Page:
    return Page()


@pytest.mark.parametrize(
    ("edge", "form", "expected"),
    [
        ("feed", {}, WRONG),
        ("feed", {"message": "a" * 63_207}, WRONG),
        ("feed", {"link": "https://"}, (400, 100, 1609005)),
        ("feed", {"link": "https://www.facebook.com/acme"}, (400, 100, 1609008)),
        ("feed", {"attached_media": "[5]"}, WRONG),
        ("feed", {"attached_media[0]": '{"media_fbid":"5"}'}, WRONG),
        ("photos", {"message": "no file"}, (400, 324, None)),
        ("photos", {"attached_media[0]": '{"media_fbid":"1"}'}, (400, 324, None)),
        ("photos", {"url": "file:///etc"}, (400, 100, 2061006)),
        ("photos", {"url": PICTURE, "alt_text_custom": "a" * 1001}, WRONG),
        ("photo_stories", {}, WRONG),
        ("photo_stories", {"photo_id": "5"}, WRONG),
        ("unknown", {"message": "a"}, (400, 100, 33)),
    ],
)
def test_invalid_parameters_are_refused(
    page: Page, edge: str, form: dict[str, str], expected: tuple[int, int, int | None]
) -> None:
    assert refusal(page.post(edge, **form)) == expected
    assert page.worker.posts() == []


def test_published_photo_has_two_ids_and_its_message(page: Page) -> None:
    found = data(page.post("photos", url=PICTURE, caption="look", alt_text_custom="A cat"))
    assert found["post_id"] != found["id"]
    [post] = page.worker.posts()
    assert (post.uri, post.text) == (found["post_id"], "look")
    assert post.record["media"] == [{"url": PICTURE, "alt_text": "A cat"}]
    assert page.get(found["id"], fields="page_story_id")["page_story_id"] == found["post_id"]


def test_uploaded_file_is_checked_by_its_bytes(page: Page) -> None:
    assert page.upload(b"\x89PNG\r\n\x1a\n").status == 200
    assert refusal(page.upload(b"RIFF")) == (400, 1366046, 1366046)
    assert refusal(page.upload(b"\x89PNG\r\n\x1a\n" + bytes(10_000_000)))[1] == 1366046


@pytest.mark.parametrize(
    "form", [{"attached_media": '[{"media_fbid":"%s"}]'}, {"attached_media[0]": '{"media_fbid":%s}'}]
)
def test_staged_photo_is_shown_by_one_post(page: Page, form: dict[str, str]) -> None:
    photo = page.stage()
    attached = {name: value % photo for name, value in form.items()}
    assert page.worker.posts() == []
    assert page.post("feed", message="look", **attached).status == 200
    assert refusal(page.post("feed", message="again", **attached)) == (400, 1, 1366051)
    assert refusal(page.post("photo_stories", photo_id=photo)) == (400, 1, 1366051)


def test_staged_photo_expires_after_a_day(page: Page) -> None:
    photo = page.stage()
    page.worker.advance(days=1, seconds=1)
    assert refusal(page.post("photo_stories", photo_id=photo)) == WRONG


def test_same_text_is_refused_for_a_minute(page: Page) -> None:
    assert page.post("feed", message="once").status == 200
    assert refusal(page.post("feed", message="once")) == (400, 506, None)
    assert page.post("feed", message="once", link="https://example.com").status == 200
    page.worker.advance(minutes=1)
    assert page.post("feed", message="once").status == 200


def test_unpublished_post_is_not_visible(page: Page) -> None:
    found = data(page.post("feed", message="later", published="false"))
    assert page.worker.posts() == []
    assert page.get(f"{page.id}/published_posts")["data"] == []
    assert page.get(found["id"], fields="is_published")["is_published"] is False


def test_posts_are_listed_newest_first(page: Page) -> None:
    for text in ("one", "two", "three"):
        page.post("feed", message=text)
        page.worker.advance(seconds=1)
    found = page.get(f"{page.id}/published_posts", fields="message,created_time", limit="2")
    assert [post["message"] for post in found["data"]] == ["three", "two"]
    after = found["paging"]["cursors"]["after"]
    rest = page.get(f"{page.id}/published_posts", fields="message", limit="2", after=after)
    assert ([post["message"] for post in rest["data"]], "next" in rest["paging"]) == (["one"], False)


def test_story_is_listed_with_its_photo_and_has_no_comments(page: Page) -> None:
    photo = page.stage()
    story = data(page.post("photo_stories", photo_id=photo))["post_id"]
    [found] = page.get(f"{page.id}/stories", fields="post_id,media_id,status")["data"]
    assert (found["post_id"], found["media_id"], found["status"]) == (story, photo, "PUBLISHED")
    assert refusal(page.send("POST", f"{story}/comments", {"message": "no"})) == WRONG


def test_comment_belongs_to_its_post(page: Page) -> None:
    post = data(page.post("feed", message="post"))["id"]
    comment = data(page.send("POST", f"{post}/comments", {"message": "first"}))["id"]
    [found] = page.get(f"{post}/comments", fields="message,from")["data"]
    assert (found["id"], found["from"]) == (comment, {"id": page.id})
    assert page.worker.posts()[1].reply_to == post
    assert page.send("DELETE", comment).status == 200
    assert refusal(page.send("DELETE", comment)) == (400, 100, 33)


def test_deleting_a_post_deletes_its_comments_and_photos(page: Page) -> None:
    photo = page.stage()
    post = data(page.post("feed", attached_media=json.dumps([{"media_fbid": photo}])))["id"]
    page.send("POST", f"{post}/comments", {"message": "first"})
    assert data(page.send("DELETE", post)) == {"success": True}
    assert page.worker.posts() == []
    assert refusal(page.send("GET", photo)) == (400, 100, 33)


def test_feed_video_is_sent_in_ranges_and_published_once(page: Page) -> None:
    begun = page.start(file_size="3")
    session = begun["upload_session_id"]
    assert (begun["start_offset"], begun["end_offset"]) == ("0", "3")
    finish = {"upload_phase": "finish", "upload_session_id": session}
    assert refusal(page.post("videos", **finish)) == (400, 6000, None)
    assert data(page.transfer(session, 0, b"ab")) == {"start_offset": "2", "end_offset": "3"}
    other = page.transfer(session, 0, b"abc")
    assert refusal(other) == (400, 6001, 1363037)
    assert data(other)["error"]["error_data"] == {"start_offset": "2", "end_offset": "3"}
    assert refusal(page.transfer(session, 2, b"cd")) == (400, 6001, 1363037)
    assert data(page.transfer(session, 2, b"c")) == {"start_offset": "3", "end_offset": "3"}
    assert data(page.post("videos", **finish, description="film", title="Title")) == {"success": True}
    assert refusal(page.post("videos", **finish)) == WRONG
    [post] = page.worker.posts()
    assert (post.text, post.record["title"]) == ("film", "Title")
    assert post.record["video"]["sizeBytes"] == 3
    video_id = begun["video_id"]
    shown = page.get(video_id, fields="status,post_id")
    assert shown["status"]["video_status"] == "processing"
    assert "post_id" not in shown
    page.worker.advance(seconds=1)
    shown = page.get(video_id, fields="status,post_id,permalink_url")
    assert shown["status"]["publishing_phase"] == {"status": "complete", "publish_status": "published"}
    assert (shown["post_id"], shown["permalink_url"]) == (post.uri, f"{page.worker.root}{post_path(post.uri)}")
    assert [row["id"] for row in page.get(f"{page.id}/videos", fields="id")["data"]] == [video_id]
    assert data(page.send("DELETE", video_id)) == {"success": True}
    assert page.worker.posts() == []


@pytest.mark.parametrize(
    ("edge", "form", "expected"),
    [
        ("videos", {}, WRONG),
        ("videos", {"file_url": "https://media.example.com/1"}, WRONG),
        ("videos", {"upload_phase": "start"}, WRONG),
        ("videos", {"upload_phase": "start", "file_size": "0"}, WRONG),
        ("videos", {"upload_phase": "finish"}, WRONG),
        ("videos", {"upload_phase": "finish", "upload_session_id": "5"}, (400, 100, 33)),
        ("videos", {"upload_phase": "transfer", "upload_session_id": "5"}, (400, 324, None)),
        ("video_reels", {"upload_phase": "transfer"}, WRONG),
        ("video_reels", {"upload_phase": "finish", "video_id": "5"}, WRONG),
        ("video_stories", {"upload_phase": "finish"}, WRONG),
    ],
)
def test_invalid_phase_of_a_video_is_refused(
    page: Page, edge: str, form: dict[str, str], expected: tuple[int, int, int | None]
) -> None:
    assert refusal(page.post(edge, **form)) == expected


@pytest.mark.parametrize(
    ("edge", "form"),
    [
        ("video_reels", {}),
        ("video_reels", {"video_state": "DRAFT"}),
        ("video_stories", {"description": "text"}),
        ("video_stories", {"title": "text"}),
    ],
)
def test_video_that_has_arrived_is_published_with_valid_parameters_only(
    page: Page, edge: str, form: dict[str, str]
) -> None:
    begun = page.start(edge)
    path = begun["upload_url"].removeprefix(page.worker.root)
    headers = {"authorization": f"OAuth {page.token}", "offset": "0", "file_size": "3"}
    finish = {"upload_phase": "finish", "video_id": begun["video_id"]}
    assert page.worker.ask("POST", path, b"abc", {**headers, "authorization": f"Bearer {page.token}"}).status == 401
    assert page.worker.ask("POST", path, b"abc", headers).status == 200
    assert refusal(page.post(edge, **finish)) == (400, 6000, None)  # its bytes have not been checked yet
    page.worker.advance(seconds=1)
    assert page.get(begun["video_id"], fields="status")["status"]["video_status"] == "upload_complete"
    assert refusal(page.post(edge, **finish, **form)) == WRONG
    assert page.worker.posts() == []


def test_upload_that_is_not_published_expires_after_a_day(page: Page) -> None:
    begun = page.start(file_size="3")
    page.worker.advance(days=1)
    assert refusal(page.transfer(begun["upload_session_id"], 0, b"abc")) == (400, 100, 33)
    assert refusal(page.send("GET", begun["video_id"])) == (400, 100, 33)


def test_page_has_no_access_to_another_page(page: Page) -> None:
    post = data(page.post("feed", message="post"))["id"]
    other = page.worker.connect()
    page.token = other.credential.secrets["access_token"]
    assert refusal(page.send("DELETE", post)) == (400, 100, 33)
    assert refusal(page.post("feed", message="not mine")) == (400, 100, 33)
    assert refusal(page.send("GET", page.id)) == (400, 100, 33)


@pytest.mark.parametrize(("token", "expected"), [("unknown", (400, 190, None)), ("", (400, 190, None))])
def test_unknown_token_is_refused(page: Page, token: str, expected: tuple[int, int, None]) -> None:
    page.token = token
    assert refusal(page.post("feed", message="no")) == expected


def test_call_without_the_proof_of_the_apps_secret_is_refused(page: Page) -> None:
    headers = {"authorization": f"Bearer {page.token}"}
    for query in ((), (("appsecret_proof", "0" * 64),)):
        assert refusal(page.worker.ask("POST", f"/v26.0/{page.id}/feed", b"", headers, query=query)) == WRONG
    assert PLATFORM.sign_for is not None
    assert PLATFORM.signing_for(page.worker.settings).sign is not PLATFORM.sign


def test_comment_requires_its_own_permission(page: Page) -> None:
    [account] = page.worker.exchange(page.worker.consent("allow-less")["code"])
    page.id, page.token = account.platform_account_id, account.credential.secrets["access_token"]
    post = data(page.post("feed", message="post"))["id"]
    assert refusal(page.send("POST", f"{post}/comments", {"message": "no"})) == (403, 200, None)


def test_expired_version_is_unknown_to_the_simulator(page: Page) -> None:
    headers = {"authorization": f"Bearer {page.token}"}
    assert page.worker.ask("GET", "/v26.0/me", b"", headers).status == 200
    assert page.worker.ask("GET", "/v20.0/me", b"", headers).status == 400


def test_rate_limit_reports_its_use() -> None:
    page = Page("rate_limited")
    reply = page.post("feed", message="one")
    assert refusal(reply) == (403, 32, None)
    assert json.loads(reply.headers["x-app-usage"])["call_count"] == 100
