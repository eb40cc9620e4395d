"""A table of routes, and the function that answers calls by it."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeAlias

from letmepost.platforms._kit.simulator.wire import Refusal
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State

Answer: TypeAlias = Callable[[State, SimulatedCall], SimulatedReply]
Handler: TypeAlias = Callable[..., SimulatedReply]
"""Takes the state, the call, and the text of each group in its route's pattern. May raise `Refusal`."""

RefuseUnknown: TypeAlias = Callable[[SimulatedCall, Collection[str]], Refusal]
"""Returns the refusal of a call without a route, from the call and the methods that its path has."""


@dataclass(frozen=True, slots=True)
class Route:
    """A method, a pattern of whole paths, and the function that responds."""

    method: str
    path: re.Pattern[str]
    handle: Handler


def answer_by(rows: Collection[tuple[str, str, Handler]], refuse_unknown: RefuseUnknown) -> Answer:
    """Return the function that answers each call with the first row that matches it.

    Args:
        rows: method, regular expression of the path, handler.
    """
    routes = tuple(Route(method, re.compile(path), handle) for method, path, handle in rows)

    def answer(state: State, call: SimulatedCall) -> SimulatedReply:
        matches = [(route, found) for route in routes if (found := route.path.fullmatch(call.path)) is not None]
        try:
            for route, found in matches:
                if route.method == call.method:
                    return route.handle(state, call, *found.groups())
            raise refuse_unknown(call, {route.method for route, _ in matches})
        except Refusal as refusal:
            return refusal.reply()

    return answer
