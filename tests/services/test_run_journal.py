"""The journal in PostgreSQL behaves like the one in memory, which the tests of flows use."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from letmepost.domain.flow import Call, Effect, Intent, Reply
from letmepost.domain.journal import Step, fingerprint
from letmepost.services.platform_clock import PlatformClock
from letmepost.services.publishing.journal import RunJournal
from letmepost.services.publishing.progress import PostProgress
from letmepost.storage.database import Database
from letmepost.storage.publishing.claims import Claim, EveryTenantClaims
from letmepost.storage.publishing.journals import JournalRepository
from tests.doubles.journal import MemoryJournal
from tests.services.test_outcomes import post
from tests.storage.support import CLOCK, KEYRING, Admin, Owner

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PREPARE = Call(method="POST", url="https://network.example/containers", effect=Effect.PREPARE, step="container")
PUBLISH = Call(method="POST", url="https://network.example/posts", effect=Effect.PUBLISH, step="post")
OTHER = replace(PUBLISH, json={"text": "other"})

Entry: TypeAlias = tuple[str, tuple[Any, ...]]


def reply(second: int) -> Reply:
    parts = tuple(str(number) for number in range(second % 3))
    return Reply(status=200, body=str(second).encode(), received_at=NOW + timedelta(seconds=second), parts=parts)


seconds = st.integers(0, 100)
calls = st.sampled_from([PUBLISH, OTHER, PREPARE])
entries: st.SearchStrategy[Entry] = st.one_of(
    st.builds(
        lambda call, second: ("intend", (call.step, fingerprint(call), Intent(call, NOW + timedelta(seconds=second)))),
        st.sampled_from([PUBLISH, OTHER]),
        seconds,
    ),
    st.builds(
        lambda call, second, valid_for_s: ("record", (call.step, fingerprint(call), reply(second), valid_for_s)),
        calls,
        seconds,
        st.none() | st.floats(1, 100),
    ),
    st.builds(
        lambda step, second: ("pause", (step, NOW + timedelta(seconds=second))),
        st.sampled_from(["container", "container-processing", "containers"]),
        seconds,
    ),
    st.tuples(st.sampled_from(["close", "void", "forget"]), st.just(("container",))),
    st.tuples(st.sampled_from(["close", "doubt"]), st.just(("post",))),
)


@pytest.fixture
async def claim(database: Database, owner: Owner) -> Claim:
    await owner.post(await owner.account())
    [claim] = await EveryTenantClaims(database).claim(limit=1, lease_s=3600, after=UUID(int=0))
    return claim


async def stored(database: Database, claim: Claim) -> dict[str, Step]:
    async with database.tenant(claim.tenant) as connection:
        return await JournalRepository(connection, claim, 1, KEYRING).load()


@given(story=st.lists(entries, max_size=8))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
async def test_both_journals_agree_after_every_entry(
    database: Database, owner: Owner, admin: Admin, claim: Claim, story: Sequence[Entry]
) -> None:
    await admin.do("DELETE FROM flow_steps")
    progress = PostProgress(post(revision=1))
    memory, real = MemoryJournal(), RunJournal(owner.units, claim, PlatformClock(CLOCK, timedelta()), progress)
    for name, arguments in story:
        if name in {"close", "void", "forget", "doubt"} and arguments[0] not in memory.steps:
            continue  # a flow closes only steps that it has begun
        await getattr(memory, name)(*arguments)
        await getattr(real, name)(*arguments)
        await real.flush()
        found = await stored(database, claim)
        assert {step: replace(known, valid_until=None) for step, known in found.items()} == {
            step: replace(known, valid_until=None) for step, known in memory.steps.items()
        }
        answered = {step: known.valid_until for step, known in found.items() if known.reply is not None}
        assert answered == {step: memory.steps[step].valid_until for step in answered}
