"""The client for the tests of Threads' simulator."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from letmepost.platforms.contract import Platform
from letmepost.platforms.threads import PLATFORM
from letmepost.platforms.threads.simulator.tokens import APP
from tests.doubles.simulated import SimulatedNetwork

CALLBACK = "https://me.example/callback"
PICTURE = "https://media.example.com/media/1"


@dataclass(frozen=True)
class Response:
    """A reply with parsed JSON."""

    status: int
    headers: Mapping[str, str]
    text: str
    data: Any
    dropped: bool
    delay_s: float

    @property
    def refusal(self) -> tuple[int, int | None, int | None]:
        """Return status, code and subcode."""
        error = self.data.get("error", {})
        return self.status, error.get("code"), error.get("error_subcode")


@dataclass
class World(SimulatedNetwork):
    """A simulated Threads."""

    platform: Platform = PLATFORM

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        form: Mapping[str, str] | None = None,
        token: str | None = None,
    ) -> Response:
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        if form is not None:
            headers["content-type"] = "application/x-www-form-urlencoded"
        body = b"" if form is None else urlencode(form).encode()
        reply = self.ask(method, path, body, headers, query=tuple(query))
        is_json = reply.headers.get("content-type", "").startswith("application/json")
        data = json.loads(reply.body) if is_json else None
        return Response(reply.status, reply.headers, reply.body.decode(), data, reply.dropped, reply.delay_s)

    def exchange(self, code: str, **changes: str) -> Response:
        form = {
            "client_id": APP.client_id,
            "client_secret": APP.client_secret,
            "grant_type": "authorization_code",
            "redirect_uri": CALLBACK,
            "code": code,
        }
        return self.send("POST", "/oauth/access_token", form={**form, **changes})

    def prolong(self, short: str, **changes: str) -> Response:
        query = {
            "grant_type": "th_exchange_token",
            "client_secret": APP.client_secret,
            "access_token": short,
            **changes,
        }
        return self.send("GET", "/access_token", query=tuple(query.items()))

    def refresh(self, token: str, **changes: str) -> Response:
        query = {"grant_type": "th_refresh_token", "access_token": token, **changes}
        return self.send("GET", "/refresh_access_token", query=tuple(query.items()))

    def connect(self, scenario: str = "ok") -> "User":
        return self.user(self.create_account(scenario)["code"])

    def user(self, code: str) -> "User":
        short = self.exchange(code).data["access_token"]
        token = self.prolong(short).data["access_token"]
        found = self.send("GET", "/v1.0/me", token=token).data
        return User(self, found["id"], token)


@dataclass
class User:
    """A connected account, as seen by its client."""

    world: World
    id: str
    token: str

    def get(self, path: str, **query: str) -> Response:
        return self.world.send("GET", f"/v1.0/{path}", query=tuple(query.items()), token=self.token)

    def make(self, media_type: str = "TEXT", **parameters: str) -> Response:
        texts = {"text": "hello"} if media_type == "TEXT" else {}
        form = {"media_type": media_type, **texts, **parameters}
        return self.world.send("POST", f"/v1.0/{self.id}/threads", form=form, token=self.token)

    def publish(self, container: str) -> Response:
        form = {"creation_id": container}
        return self.world.send("POST", f"/v1.0/{self.id}/threads_publish", form=form, token=self.token)

    def post(self, media_type: str = "TEXT", **parameters: str) -> str:
        """Create a container, publish it, and return the post's id."""
        container = self.make(media_type, **parameters).data["id"]
        self.world.advance(seconds=1)
        response = self.publish(container)
        assert response.status == 200, response.text
        post_id: str = response.data["id"]
        return post_id

    def status(self, container: str) -> str:
        found: str = self.get(container, fields="id,status,error_message").data["status"]
        return found

    def delete(self, post_id: str) -> Response:
        return self.world.send("DELETE", f"/v1.0/{post_id}", token=self.token)
