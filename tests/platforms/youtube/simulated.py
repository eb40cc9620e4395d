"""A client of the simulator, without the flows of the platform."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from letmepost.platforms.simulation import SimulatedCall, SimulatedReply
from letmepost.platforms.youtube.simulator import SIMULATOR
from letmepost.platforms.youtube.simulator.oauth import APP
from tests.doubles.simulated import TextState

ROOT = "http://sandbox.test:8090/org_1/youtube"
CALLBACK = "https://me.example/callback"
STEP_BYTES = 262_144
METADATA: Mapping[str, Any] = {
    "snippet": {"title": "Title", "description": "Description", "tags": ["a", "two words"], "categoryId": "22"},
    "status": {"privacyStatus": "public", "selfDeclaredMadeForKids": False},
}


@dataclass
class Caller:
    """A client with the token of one channel, and a clock that only a test moves."""

    state: TextState = field(default_factory=TextState)
    now: datetime = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
    token: str = ""
    refresh_token: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers of requests that open an upload, which replace the usual ones."""
    draws: int = 0

    def entropy(self) -> bytes:
        self.draws += 1
        return sha256(str(self.draws).encode()).digest()

    def advance(self, **units: float) -> None:
        self.now += timedelta(**units)

    def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> SimulatedReply:
        """Return the response to a request, after its files were stored."""
        reply = SIMULATOR.answer(
            self.state,
            SimulatedCall(
                method=method,
                root=ROOT,
                path=path,
                query=tuple((query or {}).items()),
                headers=headers or {},
                body=body,
                now=self.now,
                entropy=self.entropy(),
            ),
        )
        for name, content in reply.stored.items():
            if content is None:
                self.files.pop(name, None)
            else:
                self.files[name] = content
        return reply

    def connect(self, scenario: str = "ok", *, code: str | None = None) -> "Caller":
        """Use the tokens of a new channel."""
        given = code or SIMULATOR.create_account(self.state, scenario, self.now, self.entropy())["code"]
        granted = self.exchange(grant_type="authorization_code", code=given, redirect_uri=CALLBACK)[1]
        self.token, self.refresh_token = granted["access_token"], granted.get("refresh_token", "")
        return self

    def refresh(self) -> None:
        """Use a new access token."""
        form = {"grant_type": "refresh_token", "refresh_token": self.refresh_token}
        self.token = self.exchange(**form)[1]["access_token"]

    def exchange(self, **form: str) -> tuple[int, Any]:
        """Send a form to the token endpoint."""
        client = {"client_id": APP.client_id, "client_secret": APP.client_secret}
        return self.form("/token", **{**client, **form})

    def form(self, path: str, **fields: str) -> tuple[int, Any]:
        headers = {"content-type": "application/x-www-form-urlencoded"}
        reply = self.send("POST", path, urlencode(fields).encode(), headers)
        return reply.status, json.loads(reply.body)

    def call(self, method: str, path: str, body: object = None, **query: str) -> tuple[int, Any]:
        """Return the status and the JSON of the API's response."""
        given = b"" if body is None else json.dumps(body).encode()
        reply = self.send(method, f"/youtube/v3/{path}", given, self.signed(), query)
        return reply.status, json.loads(reply.body) if reply.body else None

    def refusal(self, method: str, path: str, body: object = None, **query: str) -> tuple[int, str]:
        """Return the status and the reason of a refusal."""
        status, data = self.call(method, path, body, **query)
        return status, data["error"]["errors"][0]["reason"]

    def signed(self, **headers: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}", "content-type": "application/json", **headers}

    def open(self, metadata: object = METADATA, size_bytes: int = 10, **query: str) -> SimulatedReply:
        """Open an upload."""
        headers = self.signed(
            **{"x-upload-content-length": str(size_bytes), "x-upload-content-type": "video/mp4", **self.headers}
        )
        part = ",".join(metadata) if isinstance(metadata, dict) else "snippet,status"
        parameters = {"uploadType": "resumable", "part": part, "notifySubscribers": "false", **query}
        return self.send("POST", "/upload/youtube/v3/videos", json.dumps(metadata).encode(), headers, parameters)

    def put(self, url: str, body: bytes = b"", content_range: str | None = None) -> SimulatedReply:
        """Send bytes to the URL of an upload."""
        parts = urlsplit(url)
        headers = {} if content_range is None else {"content-range": content_range}
        path = parts.path.removeprefix(urlsplit(ROOT).path)
        return self.send("PUT", path, body, self.signed(**headers), dict(parse_qsl(parts.query)))

    def part(self, url: str, content: bytes, first: int, end: int) -> SimulatedReply:
        """Send a part of a file."""
        return self.put(url, content[first:end], f"bytes {first}-{end - 1}/{len(content)}")

    def probe(self, url: str, total: int) -> SimulatedReply:
        """Ask how many bytes of an upload have arrived."""
        return self.put(url, content_range=f"bytes */{total}")

    def publish(self, metadata: object = METADATA, content: bytes = b"0123456789") -> dict[str, Any]:
        """Upload a video in one piece, and return it."""
        reply = self.put(self.open(metadata, len(content)).headers["location"], content)
        assert reply.status == 201, reply.body
        video: dict[str, Any] = json.loads(reply.body)
        return video

    def caption(self, snippet: object, content: bytes, newline: bytes = b"\r\n") -> SimulatedReply:
        """Add captions to a video."""
        lines = (
            b"--edge",
            b"Content-Type: application/json",
            b"",
            json.dumps({"snippet": snippet}).encode(),
            b"--edge",
            b"Content-Type: application/octet-stream",
            b"",
            content,
            b"--edge--",
            b"",
        )
        headers = self.signed(**{"content-type": "multipart/related; boundary=edge"})
        query = {"part": "snippet", "uploadType": "multipart"}
        return self.send("POST", "/upload/youtube/v3/captions", newline.join(lines), headers, query)

    def video(self, video_id: str, part: str = "snippet,status") -> dict[str, Any]:
        """Return a video as it is read."""
        [found] = self.call("GET", "videos", part=part, id=video_id)[1]["items"]
        item: dict[str, Any] = found
        return item


def changed(part: str, **fields: object) -> dict[str, Any]:
    """Return the metadata with other fields in one part."""
    return {**METADATA, part: {**METADATA[part], **fields}}
