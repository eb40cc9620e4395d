"""The routes of the simulator."""

from collections.abc import Collection
from dataclasses import replace

from letmepost.platforms._kit.simulator.routes import answer_by
from letmepost.platforms.pinterest.simulator import boards, media, pins
from letmepost.platforms.pinterest.simulator.accounts import CONSENT, grant_tokens, me, signed
from letmepost.platforms.pinterest.simulator.wire import PinterestError
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State

_BOARDS = ("boards:read", "boards:write")
_PINS = (*_BOARDS, "pins:read", "pins:write")
_READ = ("boards:read", "pins:read")
_LIMIT = {
    "x-ratelimit-limit": "100, 100;w=1, 1000;w=60",
    "x-ratelimit-remaining": "99",
    "x-ratelimit-reset": "1",
    "x-pinterest-rid": "1000000000000000",
}


def _refuse_unknown(_call: SimulatedCall, methods: Collection[str]) -> PinterestError:
    if methods:
        return PinterestError(405, 5, "Method not allowed.")
    return PinterestError(404, 404, "Not found.")


_answer = answer_by(
    (
        ("GET", "/oauth/", CONSENT.authorize),
        ("POST", "/v5/oauth/token", grant_tokens),
        ("POST", media.UPLOAD_PATH, media.upload),
        *(
            (method, f"/v5/{path}", signed(handler, *scopes))
            for method, path, handler, scopes in (
                ("GET", "user_account", me, ("user_accounts:read",)),
                ("GET", "boards", boards.list_boards, ("boards:read",)),
                ("POST", "boards", boards.create, _BOARDS),
                ("GET", "boards/([0-9]+)", boards.show, ("boards:read",)),
                ("DELETE", "boards/([0-9]+)", boards.delete, _BOARDS),
                ("GET", "boards/([0-9]+)/sections", boards.list_sections, ("boards:read",)),
                ("POST", "boards/([0-9]+)/sections", boards.create_section, _BOARDS),
                ("GET", "boards/([0-9]+)/pins", pins.list_of_board, _READ),
                ("GET", "boards/([0-9]+)/sections/([0-9]+)/pins", pins.list_of_section, _READ),
                ("POST", "media", media.register, ("pins:read", "pins:write")),
                ("GET", "media/([0-9]+)", media.show, ("pins:read",)),
                ("GET", "pins", pins.list_own, _READ),
                ("POST", "pins", pins.create, _PINS),
                ("GET", "pins/([0-9]+)", pins.show, _READ),
                ("DELETE", "pins/([0-9]+)", pins.delete, _PINS),
            )
        ),
    ),
    _refuse_unknown,
)


def answer(state: State, call: SimulatedCall) -> SimulatedReply:
    """Answer a call. Each response of the API states the limit of the current window."""
    reply = _answer(state, call)
    return replace(reply, headers={**_LIMIT, **reply.headers}) if call.path.startswith("/v5/") else reply
