"""The simulator: what it accepts, refuses and shows, as the fact sheet states. The flows do not send all of this."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest

from letmepost.domain.sandbox_pages import post_path
from letmepost.platforms.contract import Platform
from tests.doubles.worker import Worker
from tests.platforms.instagram.suite import FACEBOOK, INSTAGRAM

IMAGE = {"image_url": "https://media.example.com/1"}
VIDEO = {"video_url": "https://media.example.com/2"}
SUBCODE = "error_subcode"


@dataclass
class Client:
    """A client of the API with the token of a connected account."""

    platform: Platform = INSTAGRAM
    scenario: str = "ok"
    worker: Worker = field(init=False)

    def __post_init__(self) -> None:
        self.worker = Worker(platform=self.platform)
        account = self.worker.connect(self.scenario)
        self.host = "graph.facebook.com" if self.platform is FACEBOOK else "graph.instagram.com"
        self.id = account.data.get("userId", account.platform_account_id)
        self.token = account.credential.secrets["access_token"]

    def send(self, method: str, path: str, *, token: str | None = None, **given: str) -> tuple[int, Any]:
        """Return the status and the JSON of a response."""
        headers = {"authorization": f"Bearer {token or self.token}"}
        query = tuple(given.items()) if method != "POST" else ()
        body = urlencode(given).encode() if method == "POST" else b""
        if method == "POST":
            headers["content-type"] = "application/x-www-form-urlencoded"
        reply = self.worker.ask(method, f"/{self.host}/v26.0/{path}", body, headers, query=query)
        return reply.status, json.loads(reply.body)

    def make(self, **given: str) -> str:
        status, data = self.send("POST", f"{self.id}/media", **given)
        assert status == 200, data
        return str(data["id"])

    def refuse(self, **given: str) -> tuple[int, int | None]:
        """Return the code and the subcode with which a container is refused."""
        return error_of(self.send("POST", f"{self.id}/media", **given))

    def publish(self, container: str) -> tuple[int, Any]:
        return self.send("POST", f"{self.id}/media_publish", creation_id=container)

    def post(self, **given: str) -> str:
        container = self.make(**given)
        self.worker.advance(seconds=1)
        status, data = self.publish(container)
        assert status == 200, data
        return str(data["id"])

    def status(self, container: str) -> str:
        return str(self.send("GET", container, fields="status_code,status")[1]["status_code"])


def error_of(response: tuple[int, Any]) -> tuple[int, int | None]:
    status, data = response
    assert status >= 400, data
    return data["error"]["code"], data["error"].get(SUBCODE)


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
def facebook() -> Client:
    return Client(FACEBOOK)


def tags(*rows: object) -> str:
    return json.dumps(rows)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({}, (100, None)),
        ({"image_url": "ftp://a/b"}, (9004, 2207052)),
        ({"image_url": "https://a.example/ü.jpg"}, (9004, 2207052)),
        ({**IMAGE, "media_type": "PICTURE"}, (100, 2207023)),
        ({"media_type": "VIDEO", **VIDEO}, (100, 2207023)),
        ({"media_type": "REELS", "is_carousel_item": "true", **VIDEO}, (100, 2207023)),
        ({"media_type": "REELS"}, (100, None)),
        ({"media_type": "REELS", "video_url": "ftp://a/b"}, (9004, 2207052)),
        ({"media_type": "REELS", "upload_type": "resumable"}, (100, None)),
        ({"media_type": "REELS", **VIDEO, "alt_text": "a"}, (100, None)),
        ({"media_type": "REELS", **VIDEO, "cover_url": "cover"}, (9004, 2207052)),
        ({"media_type": "REELS", **VIDEO, "share_to_feed": "maybe"}, (100, None)),
        ({"media_type": "REELS", **VIDEO, "trial_params": "{}"}, (100, None)),
        ({"media_type": "REELS", **VIDEO, "trial_params": "MANUAL"}, (100, None)),
        ({"media_type": "REELS", **VIDEO, "user_tags": tags({"username": "a", "x": 0, "y": 0})}, (100, None)),
        ({"media_type": "STORIES", **VIDEO, "share_to_feed": "true"}, (100, None)),
        ({**IMAGE, "cover_url": "https://media.example.com/1"}, (100, None)),
        ({**IMAGE, "caption": "x" * 2201}, (36004, 2207010)),
        ({**IMAGE, "caption": "🎉" * 1101}, (36004, 2207010)),
        ({**IMAGE, "caption": "#a " * 31}, (36004, 2207010)),
        ({**IMAGE, "caption": "@a " * 21}, (36004, 2207010)),
        ({**IMAGE, "alt_text": "x" * 1001}, (100, None)),
        ({**IMAGE, "collaborators": '["a","b","c","d"]'}, (100, None)),
        ({**IMAGE, "collaborators": '["@alice"]'}, (110, 2207018)),
        ({**IMAGE, "collaborators": '["private_user"]'}, (110, 2207018)),
        ({**IMAGE, "collaborators": "alice"}, (100, None)),
        ({**IMAGE, "collaborators": '["a"]', "is_carousel_item": "true"}, (100, None)),
        ({**IMAGE, "collaborators": '["a"]', "media_type": "STORIES"}, (100, None)),
        ({**IMAGE, "caption": "a", "is_carousel_item": "true"}, (100, None)),
        ({**IMAGE, "is_ai_generated": "true", "is_carousel_item": "true"}, (100, None)),
        ({**IMAGE, "alt_text": "a", "media_type": "STORIES"}, (100, None)),
        ({**IMAGE, "user_tags": tags({"username": "a"})}, (100, None)),
        ({**IMAGE, "user_tags": tags({"username": "a", "x": 2, "y": 0})}, (100, None)),
        ({**IMAGE, "user_tags": tags({"username": "@a", "x": 0, "y": 0})}, (110, 2207018)),
        ({**IMAGE, "user_tags": '{"username": "a"}'}, (100, None)),
        ({**IMAGE, "location_id": "404404404"}, (100, None)),
        ({**IMAGE, "location_id": "here"}, (100, None)),
        ({**IMAGE, "caption": "a", "poll_attachment": '{"option_a":"a","option_b":"b"}'}, (100, None)),
        ({"media_type": "CAROUSEL", "children": "1"}, (100, 2207028)),
        ({"media_type": "CAROUSEL", "children": ",".join(map(str, range(11)))}, (100, 2207028)),
        ({"media_type": "CAROUSEL", "children": "1,2"}, (100, None)),
    ],
)
def test_invalid_container_is_refused(client: Client, given: dict[str, str], error: tuple[int, int | None]) -> None:
    assert client.refuse(**given) == error


@pytest.mark.parametrize(
    "given",
    [
        {"poll_attachment": '{"option_a":"a"}'},
        {"poll_attachment": '{"option_a":"a","option_b":" "}'},
        {"poll_attachment": '{"option_a":"a","option_b":"b","option_e":"e"}'},
        {"poll_attachment": "a or b"},
        {"poll_attachment": '{"option_a":"a","option_b":"b"}', "is_comment_prompt_used": "true"},
        {"is_comment_prompt_used": "true", "caption": ""},
        {"is_comment_prompt_used": "true", "caption": "", "media_type": "STORIES"},
    ],
)
def test_invalid_caption_add_on_is_refused(facebook: Client, given: dict[str, str]) -> None:
    assert facebook.refuse(**{**IMAGE, "caption": "why?", **given}) == (100, None)


@pytest.mark.parametrize(
    ("given", "edge", "expected"),
    [
        (
            {"poll_attachment": '{"option_a":"a","option_b":"b"}'},
            "poll_attachment",
            {"option_a": "a", "option_b": "b"},
        ),
        ({"is_comment_prompt_used": "true"}, "prompt_response", {"data": []}),
        ({}, "poll_attachment", None),
    ],
)
def test_caption_add_on_is_shown_on_the_post(
    facebook: Client, given: dict[str, str], edge: str, expected: object
) -> None:
    post = facebook.post(**IMAGE, caption="why?", **given)
    assert facebook.send("GET", f"{post}/{edge}") == (200, expected)


def test_container_becomes_ready_is_published_once_and_expires(client: Client) -> None:
    container, late = client.make(**IMAGE), client.make(**IMAGE)
    assert client.status(container) == "IN_PROGRESS"
    assert error_of(client.publish(container)) == (9007, 2207027)
    client.worker.advance(seconds=1)
    assert client.status(container) == "FINISHED"
    assert client.publish(container)[0] == 200
    assert client.status(container) == "PUBLISHED"
    assert error_of(client.publish(container)) == (24, 2207008)
    client.worker.advance(days=1)
    assert (client.status(container), client.status(late)) == ("PUBLISHED", "EXPIRED")
    assert error_of(client.publish(late)) == (-2, 2207020)
    assert error_of(client.publish("1")) == (24, 2207008)
    assert len(client.worker.posts()) == 1


def test_video_is_received_by_the_upload_host_with_page_login(facebook: Client) -> None:
    status, made = facebook.send(
        "POST", f"{facebook.id}/media", media_type="REELS", upload_type="resumable", caption="reel"
    )
    assert status == 200
    path = made["uri"].removeprefix(facebook.worker.root)
    headers = {"authorization": f"OAuth {facebook.token}", "offset": "0", "file_size": "3"}
    assert facebook.status(made["id"]) == "IN_PROGRESS"
    phases = facebook.send("GET", made["id"], fields="video_status")[1]["video_status"]
    assert phases["uploading_phase"] == {"status": "not_started", "bytes_transferred": 0}
    assert error_of(facebook.publish(made["id"])) == (9007, 2207027)
    assert facebook.worker.ask("POST", path, b"abc", {**headers, "offset": "1"}).status == 400
    assert facebook.worker.ask("POST", path, b"abc", headers).status == 200
    facebook.worker.advance(seconds=1)
    phases = facebook.send("GET", made["id"], fields="video_status")[1]["video_status"]
    assert phases == {
        "uploading_phase": {"status": "complete", "bytes_transferred": 3, "source_file_size": 3},
        "processing_phase": {"status": "complete"},
    }
    assert facebook.publish(made["id"])[0] == 200
    [post] = facebook.worker.posts()
    assert (post.text, post.record["video"]["sizeBytes"]) == ("reel", 3)


def test_carousel_needs_children_that_are_ready_and_its_own(client: Client) -> None:
    children = [client.make(**IMAGE, is_carousel_item="true") for _ in range(2)]
    assert client.refuse(media_type="CAROUSEL", children=",".join(children)) == (9007, 2207027)
    client.worker.advance(seconds=1)
    assert client.refuse(media_type="CAROUSEL", children=f"{children[0]},{client.make(**IMAGE)}") == (100, None)
    assert error_of(client.publish(children[0])) == (24, 2207008)
    client.post(media_type="CAROUSEL", children=",".join(children), caption="two")
    [post] = client.worker.posts()
    assert [item["image_url"] for item in post.record["media"]] == [IMAGE["image_url"]] * 2


def test_quota_counts_posts_of_24_hours(client: Client) -> None:
    for _ in range(100):
        client.post(**IMAGE)
    path = f"{client.id}/content_publishing_limit"
    assert client.send("GET", path)[1] == {"data": [{"quota_usage": 100}]}
    [row] = client.send("GET", path, fields="quota_usage,config")[1]["data"]
    assert row["config"] == {"quota_total": 100, "quota_duration": 86_400}
    container = client.make(**IMAGE)
    client.worker.advance(seconds=1)
    assert error_of(client.publish(container)) == (9, 2207042)


def test_lists_have_the_newest_first_without_stories(client: Client) -> None:
    posts = [client.post(**IMAGE, caption=str(number)) for number in range(3)]
    story = client.post(**IMAGE, media_type="STORIES")
    rows = client.send("GET", f"{client.id}/media", fields="id,caption,timestamp", limit="2")[1]
    assert [row["id"] for row in rows["data"]] == [posts[2], posts[1]]
    assert "next" in rows["paging"]
    assert [row["id"] for row in client.send("GET", f"{client.id}/stories", fields="id")[1]["data"]] == [story]
    later = str(int(client.worker.now.timestamp()) + 1)
    assert client.send("GET", f"{client.id}/media", since=later)[1]["data"] == []
    client.worker.advance(days=1)
    assert client.send("GET", f"{client.id}/stories", fields="id")[1]["data"] == []


def test_post_shows_the_requested_fields(client: Client) -> None:
    post = client.post(**IMAGE, caption="hello", alt_text="A cat")
    shown = client.send("GET", post, fields="media_type,media_product_type,permalink,caption,alt_text")[1]
    assert (shown["media_type"], shown["media_product_type"]) == ("IMAGE", "FEED")
    assert (shown["caption"], shown["alt_text"]) == ("hello", "A cat")
    assert shown["permalink"] == f"{client.worker.root}{post_path(post)}"


@pytest.mark.parametrize("text", ["x" * 301, "#a #b #c #d #e", "https://a.example https://b.example", "LOUD", ""])
def test_invalid_comment_is_refused(client: Client, text: str) -> None:
    post = client.post(**IMAGE)
    assert error_of(client.send("POST", f"{post}/comments", message=text)) == (100, None)
    assert client.send("GET", f"{post}/comments")[1]["data"] == []


def test_comment_that_asks_for_fields_is_created_and_refused(client: Client) -> None:
    post = client.post(**IMAGE)
    assert error_of(client.send("POST", f"{post}/comments", message="First", fields="id")) == (20, 1772107)
    [row] = client.send("GET", f"{post}/comments", fields="text,username")[1]["data"]
    assert row["text"] == "First"


def test_story_has_no_comments(client: Client) -> None:
    story = client.post(**IMAGE, media_type="STORIES")
    assert error_of(client.send("POST", f"{story}/comments", message="First")) == (100, 33)


def test_deletion_with_page_login_includes_comments(facebook: Client) -> None:
    post = facebook.post(**IMAGE)
    facebook.send("POST", f"{post}/comments", message="First")
    assert facebook.send("DELETE", post)[1] == {"success": True, "deleted_id": post}
    assert facebook.worker.posts() == []
    assert error_of(facebook.send("DELETE", post)) == (100, 33)


def test_paths_need_the_id_of_the_login(client: Client, facebook: Client) -> None:
    professional_id = client.worker.account.platform_account_id
    assert error_of(client.send("POST", f"{professional_id}/media", **IMAGE)) == (2, None)
    assert error_of(client.send("POST", "123/media", **IMAGE)) == (100, 33)
    assert client.send("POST", "me/media", **IMAGE)[0] == 200
    assert error_of(facebook.send("POST", "me/media", **IMAGE)) == (100, 33)


def test_object_of_another_account_is_not_shown_or_published(client: Client) -> None:
    container = client.make(**IMAGE)
    client.worker.advance(seconds=1)
    client.token = client.worker.connect().credential.secrets["access_token"]
    client.id = client.worker.account.data["userId"]
    assert error_of(client.publish(container)) == (24, 2207008)
    assert error_of(client.send("GET", container)) == (100, 33)


@pytest.mark.parametrize("make", [Client, lambda: Client(FACEBOOK)], ids=["instagram", "facebook"])
def test_token_of_the_other_login_or_of_no_one_is_refused(make: Callable[[], Client]) -> None:
    client = make()
    for token in ("IGAAunknown", "EAAunknown"):
        assert error_of(client.send("GET", "me", token=token))[0] == 190


def test_withdrawn_permission_is_reported(client: Client) -> None:
    revoked = Client(scenario="auth_revoked")
    assert error_of(revoked.send("GET", "me")) == (190, 458)
    client.worker.advance(days=60)
    assert error_of(client.send("GET", "me")) == (190, 463)


@pytest.mark.parametrize("path", ["/", "/unknown.example/v26.0/me", "/graph.instagram.com/v26.0/me/accounts"])
def test_unknown_address_is_refused(client: Client, path: str) -> None:
    reply = client.worker.ask("GET", path, headers={"authorization": f"Bearer {client.token}"})
    assert reply.status == 400
