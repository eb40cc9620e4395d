"""A simulated TikTok, and the client of one connected account."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from letmepost.platforms.simulation import SimulatedCall, SimulatedPost, SimulatedReply
from letmepost.platforms.tiktok.simulator import SIMULATOR
from letmepost.platforms.tiktok.simulator.oauth import APP, SCOPES
from tests.doubles.simulated import TextState

ROOT = "http://sandbox.test:8090/org_1/tiktok"
CALLBACK = "https://me.example/callback"
PHOTO = "https://media.example.com/1.jpg"
MOVIE = b"\x00\x00\x00\x18ftypmp42" + b"\n" * 4_988
SWITCHES = {
    "disable_comment": False,
    "auto_add_music": False,
    "brand_content_toggle": False,
    "brand_organic_toggle": False,
}
PUBLIC = {"title": "A dog", "privacy_level": "PUBLIC_TO_EVERYONE"}
PRIVATE = {"title": "A dog", "privacy_level": "SELF_ONLY"}


@dataclass
class Network:
    """A simulator with a clock that only a test moves."""

    state: TextState = field(default_factory=TextState)
    now: datetime = datetime(2026, 11, 29, 10, 0, tzinfo=UTC)
    draws: int = 0

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def entropy(self) -> bytes:
        self.draws += 1
        return sha256(str(self.draws).encode()).digest()

    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> SimulatedReply:
        call = SimulatedCall(
            method=method,
            root=ROOT,
            path=path,
            query=tuple((query or {}).items()),
            headers=headers or {},
            body=body,
            now=self.now,
            entropy=self.entropy(),
        )
        return SIMULATOR.answer(self.state, call)

    def authorize(self, **changes: str) -> SimulatedReply:
        query = {
            "client_key": APP.client_id,
            "response_type": "code",
            "scope": ",".join(SCOPES),
            "redirect_uri": CALLBACK,
            "state": "s&t",
            **changes,
        }
        return self.ask("GET", "/v2/auth/authorize/", query=query)

    def form(self, path: str, **fields: str) -> SimulatedReply:
        """Send a form as the app."""
        form = {"client_key": APP.client_id, "client_secret": APP.client_secret, **fields}
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return self.ask("POST", f"/v2/oauth/{path}/", urlencode(form).encode(), headers)

    def exchange(self, code: str, **changes: str) -> SimulatedReply:
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        return self.form("token", **{**fields, **changes})

    def connect(self, scenario: str = "ok", *, choice: str = "") -> "Client":
        """Return the client of a new account: with a scenario, or of a choice on the consent page."""
        if choice:
            code = returned(self.authorize(choice=choice))["code"]
        else:
            code = SIMULATOR.create_account(self.state, scenario, self.now, self.entropy())["code"]
        return Client(self, json.loads(self.exchange(code).body))

    def posts(self) -> list[SimulatedPost]:
        return SIMULATOR.posts(self.state)


@dataclass
class Client:
    """The client of one account. `granted` is the response of the token endpoint."""

    network: Network
    granted: dict[str, Any]

    def ask(
        self, method: str, path: str, body: object = None, query: Mapping[str, str] | None = None
    ) -> SimulatedReply:
        headers = {"authorization": f"Bearer {self.granted['access_token']}"}
        if body is None:
            return self.network.ask(method, f"/v2/{path}/", headers=headers, query=query)
        headers["content-type"] = "application/json; charset=UTF-8"
        return self.network.ask(method, f"/v2/{path}/", json.dumps(body).encode(), headers, query)

    def post(self, path: str, body: object = None, **query: str) -> dict[str, Any]:
        """Return the data of a call that succeeds."""
        return data_of(self.ask("POST", path, body, query))

    def refused(self, path: str, body: object = None, **query: str) -> tuple[int, str]:
        """Return the status and the code of a call that is refused."""
        return problem_of(self.ask("POST", path, body, query))

    def refresh(self) -> SimulatedReply:
        reply = self.network.form("token", grant_type="refresh_token", refresh_token=self.granted["refresh_token"])
        if reply.status == 200 and not reply.dropped:
            self.granted = json.loads(reply.body)
        return reply

    def user(self, fields: str = "open_id") -> SimulatedReply:
        return self.ask("GET", "user/info", query={"fields": fields})

    def creator(self) -> dict[str, Any]:
        return self.post("post/publish/creator_info/query")

    def init(self, post: Mapping[str, Any] | None = None, **source: int) -> SimulatedReply:
        """Start the upload of a video."""
        return self.ask("POST", "post/publish/video/init", video(post, **source))

    def upload(self, url: str, content: bytes = MOVIE, first: int = 0, total: int | None = None) -> SimulatedReply:
        """Send a part of a video."""
        whole = len(content) if total is None else total
        headers = {"content-type": "video/mp4", "content-range": f"bytes {first}-{first + len(content) - 1}/{whole}"}
        return self.network.ask("PUT", url.removeprefix(ROOT).partition("?")[0], content, headers, query_of(url))

    def publish(self, post: Mapping[str, Any] | None = None) -> str:
        """Publish a video, and return its publish id."""
        started = data_of(self.init(post))
        assert self.upload(started["upload_url"]).status == 201
        publish_id: str = started["publish_id"]
        return publish_id

    def send_photos(self, post: Mapping[str, Any] | None = None, **changes: Any) -> SimulatedReply:
        return self.ask("POST", "post/publish/content/init", photos(post, **changes))

    def status(self, publish_id: str) -> dict[str, Any]:
        return self.post("post/publish/status/fetch", {"publish_id": publish_id})


def video(post: Mapping[str, Any] | None = None, **source: int) -> dict[str, Any]:
    """Return the body that starts the upload of `MOVIE`, or of another video."""
    sizes = {"video_size": len(MOVIE), "chunk_size": len(MOVIE), "total_chunk_count": 1}
    return {"post_info": PUBLIC if post is None else post, "source_info": {"source": "FILE_UPLOAD", **sizes, **source}}


def photos(post: Mapping[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Return the body that publishes a photo."""
    source = {"source": "PULL_FROM_URL", "photo_cover_index": 0, "photo_images": [PHOTO]}
    info = {**SWITCHES, "description": "A cat", "privacy_level": "PUBLIC_TO_EVERYONE"} if post is None else post
    body = {"media_type": "PHOTO", "post_mode": "DIRECT_POST", "post_info": info, "source_info": source}
    return {**body, **changes}


def query_of(url: str) -> dict[str, str]:
    """Return the query of a URL."""
    return dict(parse_qsl(urlsplit(url).query))


def returned(reply: SimulatedReply) -> dict[str, str]:
    """Return the parameters with which a person returns from the consent page."""
    assert reply.status == 302
    return query_of(reply.headers["location"])


def data_of(reply: SimulatedReply) -> dict[str, Any]:
    """Return the data of a success."""
    body = json.loads(reply.body)
    assert (reply.status, body["error"]["code"]) == (200, "ok"), body
    data: dict[str, Any] = body["data"]
    return data


def problem_of(reply: SimulatedReply) -> tuple[int, str]:
    """Return the status and the code of a refusal."""
    error = json.loads(reply.body)["error"]
    assert error["code"] != "ok"
    assert error["log_id"]
    return reply.status, error["code"]
