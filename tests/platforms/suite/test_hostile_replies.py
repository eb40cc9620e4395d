"""Every flow of every platform ends, whatever the platform returns, and only with failures that callers understand."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from itertools import chain, islice, repeat
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.errors import NoReply, NotSent, PlatformFailure
from letmepost.domain.flow import Call, Live, Reply
from letmepost.domain.text import as_storable
from letmepost.gateways.destinations import AddressRefused
from letmepost.gateways.http_client import Durations, Incoming, Outgoing
from letmepost.gateways.step_calls import InDoubtError, UnlearnableError
from letmepost.platforms.connecting import ConnectedAccount
from letmepost.platforms.contract import Platform, ReadyPost
from tests.doubles.hostile import NAMES, STATUSES, damaged_replies, hostile_replies
from tests.doubles.simulated import facts
from tests.doubles.worker import Worker
from tests.platforms.suite.description import PlatformSuite
from tests.platforms.suite.suites import SUITES, each_suite

pytestmark = pytest.mark.slow

_RUNS = 3
"""How often a post is run that waits or is in doubt."""

Answer: TypeAlias = Reply | Exception
Start: TypeAlias = Callable[[Worker], object]


@dataclass
class ScriptedWorker(Worker):
    """A worker that receives the answers of a script."""

    script: Iterator[Answer] = field(default_factory=lambda: iter(()))

    async def respond(self, request: Outgoing) -> Incoming:
        self.requests.append(request)
        answer = next(self.script)
        if isinstance(answer, Exception):
            raise answer
        check_reading(self.platform, self.calls[-1], answer)
        durations = Durations(connect_ms=0, first_byte_ms=0, total_ms=0)
        return Incoming(
            status=answer.status, headers=answer.headers, body=answer.body, received_at=self.now, durations=durations
        )


def check_reading(platform: Platform, call: Call, reply: Reply) -> None:
    """Check that any reply can be explained, and read for limits and for an expired token."""
    assert isinstance(platform.needs_refresh(reply), bool)
    assert all(budget.resets_at.tzinfo is not None for budget in platform.budgets(call, reply))
    if not reply.ok:
        check_failure(platform.explain(call, reply))


def check_failure(failure: PlatformFailure) -> None:
    """Check that a failure can be stored and shown."""
    assert failure.message.strip()
    assert failure.retry_at is None or failure.retry_at.tzinfo is not None
    response = json.dumps(as_storable(failure.response), allow_nan=False)
    assert len(response) < 10_000


@dataclass(frozen=True)
class Case:
    """A flow, and the replies with which it succeeds."""

    name: str
    start: Start
    calls: Sequence[Call]
    replies: Sequence[Reply]


def record_flows(suite: PlatformSuite) -> tuple[Worker, list[Case]]:
    """Run every flow of the platform with its simulator; return the worker, and the flows with their replies."""
    platform = suite.platform
    worker = Worker(platform=platform)
    given = worker.create_account("token_expiring" if "token_expiring" in platform.simulator.scenarios else "ok")
    cases = [recorded("connect", worker, partial(_connect, given=given))]
    run = partial(_run, account=facts(worker.account))
    cases.append(recorded("check", worker, partial(run, name="check")))
    for name, content in suite.posts().items():
        post = worker.ready(worker.account, **content)
        cases.append(recorded(f"publish {name}", worker, partial(publish, post=post)))
        uri = next(what.uri for what in worker.announced if isinstance(what, Live))
        cases += [
            recorded("reconcile", worker, partial(Worker.look_for, post=post, intent=intent))
            for intent in worker.intents()
        ]
        if platform.is_there is not None:
            cases.append(recorded("is_there", worker, partial(run, uri=uri, name="is_there")))
        if platform.unpublish is not None:
            cases.append(recorded("unpublish", worker, partial(run, uri=[uri], name="unpublish")))
    # Last, because the worker does not keep the new credential: a flow that waits could not refresh the old one.
    cases += [recorded(name, worker, partial(run, name=name)) for name in ("refresh", "disconnect")]
    return worker, cases


def _run(worker: Worker, *, account: AccountFacts, name: str, uri: str | list[str] | None = None) -> object:
    arguments = (account, worker.settings) if uri is None else (account, uri, worker.settings)
    return worker.run(getattr(worker.platform, name)(*arguments))


def _connect(worker: Worker, *, given: Mapping[str, str]) -> ConnectedAccount:
    if worker.platform.oauth is not None:
        return worker.exchange(given["code"])[0]
    assert worker.platform.connect is not None
    assert worker.platform.connect_input is not None
    form = worker.platform.connect_input.model_validate(given)
    return worker.use(worker.run(worker.platform.connect(form, worker.settings)))


def recorded(name: str, worker: Worker, start: Start) -> Case:
    worker.calls.clear()
    worker.replies.clear()
    start(worker)
    return Case(name, start, tuple(worker.calls), tuple(worker.replies))


def publish(worker: Worker, *, post: ReadyPost) -> None:
    """Run a post until it is settled, but not often."""
    for _ in range(_RUNS):
        try:
            suspended = worker.attempt(post)
        except InDoubtError:
            worker.advance(minutes=5)
        except UnlearnableError:
            return
        else:
            if suspended is None:
                return
            worker.now = suspended.until


def play(suite: PlatformSuite, base: Worker, case: Case, answers: Iterator[Answer]) -> None:
    """Run a flow with these answers. It may fail with a `PlatformFailure`, and with nothing else."""
    worker = ScriptedWorker(
        platform=suite.platform,
        now=base.now,
        connected=base.connected,
        credential=base.credential,
        media=base.media,
        script=answers,
    )
    try:
        case.start(worker)
    except PlatformFailure as failure:
        check_failure(failure)
    except InDoubtError:
        assert case.name.startswith("reconcile")


def kind_of(call: Call) -> tuple[str, str, str]:
    """Return what calls of the same kind have in common."""
    return (
        call.method,
        re.sub(r"\d+", "", call.step or ""),
        re.sub(r"\d+|/[^/]*[:%@][^/]*", "", call.url.partition("?")[0]),
    )


def variations(case: Case, number: int) -> Iterator[Sequence[Answer]]:
    """Yield the answers to the call with this number, and those that follow.

    The calls of a flow share the hostile replies, because they also share the code that reads them.
    """
    good, sharing = case.replies[number], min(len(case.calls), 3)
    yield from ([failure] for failure in (NoReply("lost"), NotSent("away"), AddressRefused("forbidden")))
    yield from ([reply] for reply in islice(hostile_replies(good.received_at), number % sharing, None, sharing))
    for damaged in damaged_replies(good):
        yield [damaged, *case.replies[number + 1 :]]


@each_suite
def test_flow_ends_for_any_reply_to_any_call(suite: PlatformSuite) -> None:
    base, cases = _recorded(suite.platform.name)
    done = set()
    for case in cases:
        for number, call in enumerate(case.calls):
            kind = (case.name.partition(" ")[0], *kind_of(call))
            if kind not in done:
                done.add(kind)
                for following in variations(case, number):
                    play(suite, base, case, chain(case.replies[:number], following, repeat(following[-1])))


_recorded = cache(lambda name: record_flows(SUITES[name]))
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=8,
)
_replies = st.builds(
    Reply,
    status=st.sampled_from(STATUSES),
    headers=st.dictionaries(
        st.sampled_from(("retry-after", "x-restli-id", "ratelimit-reset", "x-rate-limit-reset", "x-app-usage")),
        st.text(max_size=6) | st.integers().map(str),
    ),
    body=_values.map(json.dumps).map(str.encode) | st.binary(max_size=20),
    received_at=st.just(datetime(2026, 11, 22, tzinfo=UTC)),
)


@each_suite
@given(data=st.data())
@settings(max_examples=50)
def test_flow_ends_for_any_replies(suite: PlatformSuite, data: st.DataObject) -> None:
    base, cases = _recorded(suite.platform.name)
    case = data.draw(st.sampled_from([case for case in cases if case.calls]), "flow")
    number = data.draw(st.integers(0, len(case.calls) - 1), "call")
    following = data.draw(st.lists(_replies, min_size=1, max_size=3))
    play(suite, base, case, chain(case.replies[:number], following, repeat(following[-1])))
