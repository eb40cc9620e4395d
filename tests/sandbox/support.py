"""A minimal platform, and a sandbox that serves it."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NoReturn

import httpx2
from pydantic import AnyHttpUrl, BaseModel
from starlette.applications import Starlette

from letmepost.platforms import discover
from letmepost.platforms.connecting import PlatformSettings
from letmepost.platforms.contract import Options, Platform
from letmepost.platforms.simulation import SimulatedCall, SimulatedPost, SimulatedReply, Simulator, State
from letmepost.sandbox import Store, create_app
from letmepost.sandbox.pages.access import CLOSED, PageAccess
from letmepost.sandbox.pages.front import MoveClock
from letmepost.sandbox.seeding.seed import Seed
from tests.doubles.clock import SteppedClock

TOKEN = "the-control-token"
CONTROL = {"authorization": f"Bearer {TOKEN}"}


def _answer(state: State, call: SimulatedCall) -> SimulatedReply:
    """Answer `/notes`, which stores notes, and `/echo`, which returns the request. The query may `delay` or drop it.

    `/files` stores, removes and returns files.
    """
    query = dict(call.query)
    if call.path == "/files":
        return _file_reply(call)
    if call.path == "/echo":
        return _reply(_spell(call))
    if call.method == "POST":
        number = state.get("count", 0) + 1
        state["count"] = number
        state[f"note/{number:04}"] = {"text": call.body.decode(), "at": call.now.isoformat()}
    if call.method == "DELETE":
        del state["note/" + query["number"]]
    if "fail" in query:
        raise RuntimeError("a bug in a simulator")
    notes = [state[key]["text"] for key in sorted(state) if key.startswith("note/")]
    return _reply({"notes": notes}, dropped="dropped" in query, delay_s=float(query.get("delay", 0)))


def _file_reply(call: SimulatedCall) -> SimulatedReply:
    stored: dict[str, bytes | None] = {name: call.body for key, name in call.query if key == "store"}
    stored |= {name: None for key, name in call.query if key == "remove"}
    files = tuple(name for key, name in call.query if key == "file")
    body = json.dumps({"size": call.received.size_bytes, "in_memory": len(call.body)}).encode()
    return SimulatedReply(status=200, body=body if call.method == "PUT" else b"", stored=stored, files=files)


def _reply(value: Mapping[str, Any], *, dropped: bool = False, delay_s: float = 0.0) -> SimulatedReply:
    body = json.dumps(value).encode()
    return SimulatedReply(
        status=200, headers={"content-type": "application/json"}, body=body, dropped=dropped, delay_s=delay_s
    )


def _spell(call: SimulatedCall) -> dict[str, Any]:
    return {
        "method": call.method,
        "root": call.root,
        "path": call.path,
        "query": call.query,
        "headers": dict(call.headers),
        "body": call.body.decode(),
        "now": call.now.isoformat(),
        "entropy": call.entropy.hex(),
    }


def _create_account(state: State, scenario: str, now: datetime, entropy: bytes) -> Mapping[str, str]:
    name = f"{scenario}-{entropy[:4].hex()}"
    state[f"account/{name}"] = now.isoformat()
    return {"name": name}


def _posts(state: State) -> list[SimulatedPost]:
    notes = [(key, state[key]) for key in sorted(state) if key.startswith("note/")]
    return [
        SimulatedPost(uri=key, account_id="me", text=note["text"], created_at=note["at"], record=note)
        for key, note in notes
    ]


def _never(*_arguments: object) -> NoReturn:
    raise AssertionError("the sandbox plays simulators and nothing else")


def platform(name: str) -> Platform:
    """Return a platform that only has a simulator."""
    return Platform(
        name=name,
        title=name.title(),
        api_version=None,
        rules=(),
        options=Options,
        settings=PlatformSettings,
        connect_input=BaseModel,
        visibility_delay_s=0.0,
        connect=_never,
        disconnect=_never,
        check=_never,
        refresh=_never,
        needs_refresh=_never,
        sign=_never,
        publish=_never,
        reconcile=_never,
        unpublish=None,
        explain=_never,
        simulator=Simulator(
            answer=_answer,
            create_account=_create_account,
            posts=_posts,
            scenarios={"ok": "Everything works.", "bad": "Nothing works."},
            settings=lambda _base: PlatformSettings(),
        ),
    )


PLATFORMS = {name: platform(name) for name in ("notes", "pins")}


class Surroundings(SteppedClock):
    """The time, randomness and sleep of a sandbox in a test."""

    def __init__(self) -> None:
        super().__init__()
        self.slept_s: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)

    def app(
        self,
        store: Store,
        platforms: Mapping[str, Platform] = PLATFORMS,
        pages: PageAccess = CLOSED,
        move_clock: MoveClock | None = None,
    ) -> Starlette:
        return create_app(
            platforms,
            store,
            token=TOKEN,
            now=self.now,
            entropy=self.entropy,
            sleep=self.sleep,
            pages=pages,
            move_clock=move_clock,
        )

    def emulator(self, store: Store, seed: Seed, token: str | None = None) -> Starlette:
        """Return an emulator of every network."""
        return create_app(
            discover(),
            store,
            token=token,
            now=self.now,
            entropy=self.entropy,
            sleep=self.sleep,
            pages=PageAccess(is_open=True),
            seed=seed,
        )


def seed_of(**content: Any) -> Seed:
    """Return a seed with this content."""
    return Seed.model_validate(content, context={"platforms": discover()})


def open_client(app: Starlette) -> httpx2.AsyncClient:
    """Return a client that calls the app without a socket. An exception of the app is a 500, as for a real client."""
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url="http://sandbox.test:8090")


def settings_of(platform: Platform, base: str) -> Mapping[str, Any]:
    """Return the settings with which the platform calls the sandbox."""
    return platform.simulator.settings(AnyHttpUrl(base)).model_dump(mode="json")
