"""The networks that faults are done to: each of ours, in a hurry, and two that are harder than real ones."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any

from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Call, Flow
from letmepost.platforms import discover
from letmepost.platforms.contract import Platform, ReadyPost
from tests.faults.platforms import ASKED, UNASKED

CALL_S = 2.0
VISIBLE_S = 3.0
SHRUGGING = frozenset({"twitter"})
"""Which neither name a post by the request that made it, nor promise to refuse a repeat: what their timeline does not
show after the delay is left to a person (`reconcile`). What it does show must have been found there."""
FORGETFUL = frozenset({"linkedin"})
"""Which name a repeat as such for ten minutes: a post whose workers died for longer than that is left to a person."""
TACITURN = frozenset({"linkedin", *SHRUGGING})
"""Which know no repeat of a comment: one that they do not show is left out, with a warning."""

EXPIRING = ("bluesky", "linkedin", "twitter")
"""Whose simulators hand out tokens that live 5 s. The last one's refresh tokens are good once."""


def haste() -> str:
    """In what the platforms differ from what is deployed."""
    delays = ", ".join(
        f"{name} {platform.visibility_delay_s:g} s"
        for name, platform in discover().items()
        if platform.visibility_delay_s > VISIBLE_S
    )
    return (
        f"In a hurry: calls time out after {CALL_S:g} s, and what was accepted counts as shown after {VISIBLE_S:g} s"
        f" (deployed: {delays}); the simulators lag behind themselves as ever, by up to 2 s."
    )


def may_be_unconfirmed(platform: str, *, is_seen: bool) -> bool:
    """Whether nobody could have found out what became of a publishing. `is_seen`: followers see what it made."""
    return platform == UNASKED.name or (platform in SHRUGGING | FORGETFUL and not is_seen)


def may_leave_out(platform: str, *, is_seen: bool) -> bool:
    """The same of a first comment."""
    return platform == UNASKED.name or (platform in TACITURN and not is_seen)


def hurried(platform: Platform) -> Platform:
    """The platform with less patience: a lease outlives the call that it covers, and a doubt its call and the delay."""

    def hurry(call: Call) -> Call:
        return replace(call, timeout_s=min(call.timeout_s, CALL_S))

    def publish(post: ReadyPost, settings: Any) -> Flow[None]:
        return each_call(platform.publish(post, settings), hurry)

    return replace(platform, publish=publish, visibility_delay_s=min(platform.visibility_delay_s, VISIBLE_S))


def each_call(flow: Flow[None], change: Callable[[Call], Call]) -> Flow[None]:
    """The flow, with each of its calls changed."""
    go_on: Callable[[], Any] = partial(next, flow)
    try:
        while True:
            try:
                instruction = go_on()
            except StopIteration:
                return
            try:
                reply = yield change(instruction) if isinstance(instruction, Call) else instruction
            except PlatformFailure as failure:
                go_on = partial(flow.throw, failure)
            else:
                go_on = partial(flow.send, reply)
    finally:
        flow.close()


PLATFORMS: Mapping[str, Platform] = MappingProxyType(
    {**{name: hurried(platform) for name, platform in discover().items()}, ASKED.name: ASKED, UNASKED.name: UNASKED}
)
"""By name; made when this is imported, so that what is forked afterwards need not."""
