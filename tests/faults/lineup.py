"""The networks of the fault runs: each real platform with short delays, and two that are harder than real ones."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any

from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Call, Flow, Instruction, Upload
from letmepost.platforms import discover
from letmepost.platforms._kit.drafts import COMMENT_STEP, POST_STEP
from letmepost.platforms.contract import Platform, ReadyPost
from tests.doubles.networks import ASKED, UNASKED
from tests.platforms.suite.suites import SUITES

CALL_S = 2.0
VISIBLE_S = 3.0
BRIEF_REPEATS = frozenset({"linkedin"})
"""Platforms that detect a repeat for ten minutes. A post without a worker for longer is left to a person."""

EXPIRING = ("bluesky", "linkedin", "pinterest", "twitter")
"""Platforms with simulated tokens that expire after 5 s. The refresh tokens of the last two are single-use."""

FETCHING = frozenset({"instagram", "threads"})
"""Platforms that fetch videos from this service. Their simulators, which are pure, record the URL."""

UNMETERED = {"tiktok": "unmetered"}
"""The scenarios of accounts that publish more often than the platform allows."""


def haste(names: Collection[str]) -> str:
    """Return how these platforms differ from the deployed ones."""
    delays = ", ".join(
        f"{name} {platform.visibility_delay_s:g} s"
        for name, platform in discover().items()
        if platform.visibility_delay_s > VISIBLE_S and name in names
    )
    return (
        f"Short delays: calls time out after {CALL_S:g} s, and accepted posts count as visible after {VISIBLE_S:g} s"
        f" (deployed: {delays}). The simulators show posts with their usual delay of up to 2 s."
    )


def may_be_unconfirmed(platform: str, *, is_seen: bool) -> bool:
    """Return True if the outcome of a PUBLISH cannot be found out. `is_seen`: followers see its result."""
    if platform == UNASKED.name:
        return True
    return not is_seen and (platform in BRIEF_REPEATS or SUITES[platform].is_unproven(POST_STEP))


def may_leave_out(platform: str, *, is_seen: bool) -> bool:
    """Return True if a first comment may be left out. `is_seen`: followers see it."""
    return platform == UNASKED.name or (not is_seen and SUITES[platform].is_unproven(COMMENT_STEP))


def hurried(platform: Platform) -> Platform:
    """Return the platform with shorter timeouts: a lease outlasts its call, and a doubt its call and the delay."""

    def hurry(call: Call) -> Call:
        return replace(call, timeout_s=min(call.timeout_s, CALL_S))

    def publish(post: ReadyPost, settings: Any) -> Flow[None]:
        return each_call(platform.publish(post, settings), hurry)

    return replace(platform, publish=publish, visibility_delay_s=min(platform.visibility_delay_s, VISIBLE_S))


def each_call(flow: Flow[None], change: Callable[[Call], Call]) -> Flow[None]:
    """Return the flow with each of its calls changed, and those of its uploads."""
    go_on: Callable[[], Any] = partial(next, flow)
    try:
        while True:
            try:
                instruction = go_on()
            except StopIteration:
                return
            try:
                reply = yield _changed(instruction, change)
            except PlatformFailure as failure:
                go_on = partial(flow.throw, failure)
            else:
                go_on = partial(flow.send, reply)
    finally:
        flow.close()


def _changed(instruction: Instruction, change: Callable[[Call], Call]) -> Instruction:
    match instruction:
        case Call():
            return change(instruction)
        case Upload(send=send, probe=probe):
            return replace(
                instruction,
                send=lambda first_byte, length_bytes: change(send(first_byte, length_bytes)),
                probe=None if probe is None else change(probe),
            )
        case _:
            return instruction


PLATFORMS: Mapping[str, Platform] = MappingProxyType(
    {**{name: hurried(platform) for name, platform in discover().items()}, ASKED.name: ASKED, UNASKED.name: UNASKED}
)
"""The platforms by name, created at import time, before processes are forked."""
