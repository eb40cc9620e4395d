"""What the simulators' scenarios lead to, as contract section 4 says."""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from tests.deployment import Deployment
from tests.worker.story import Story, begin


@dataclass(frozen=True, slots=True)
class Ending:
    """How it should end: the status, what was announced last, what was tried, and what became of the account."""

    status: str
    events: list[str]
    tries: list[str]
    account: str = "active"


PUBLISHED = Ending("published", ["post.published"], ["published"])
AT_THE_SECOND_TRY = Ending("published", ["post.retrying", "post.published"], ["retrying", "published"])
AT_THE_THIRD_TRY = Ending(
    "published", ["post.retrying", "post.retrying", "post.published"], ["retrying", "retrying", "published"]
)
REJECTED = Ending("rejected", ["post.rejected"], ["rejected"])

ENDINGS = {
    "ok": PUBLISHED,
    "slow": PUBLISHED,
    "token_expiring": PUBLISHED,
    "rate_limited": AT_THE_THIRD_TRY,
    "flaky": AT_THE_SECOND_TRY,
    "timeout_after_publish": AT_THE_SECOND_TRY,
    "unavailable": AT_THE_THIRD_TRY,
    "rejected": REJECTED,
    "duplicate": REJECTED,
    "auth_revoked": Ending("held", ["post.held"], ["held"], account="reauth_required"),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended."""

    story: Story
    post: dict[str, Any]
    events: list[str]

    @property
    def calls(self) -> list[list[int]]:
        """What the calls that name a step were answered, try by try."""
        return [
            [call["status"] for call in attempt["calls"] if call["step"] == "post"] for attempt in self.post["attempts"]
        ]


async def play(deployment: Deployment, scenario: str) -> Outcome:
    story = await begin(deployment, scenario)
    if scenario == "token_expiring":
        await story.let_the_platforms_time_pass(6)  # its access tokens live 5 s
    post = await story.settled(await story.post())
    return Outcome(story, post, await story.events(post["id"], len(post["attempts"])))


async def check(outcome: Outcome, expected: Ending) -> None:
    post, last = outcome.post, len(expected.tries)
    assert post["status"] == expected.status
    assert ("error" in post) == (expected.status != "published")
    assert [attempt["outcome"] for attempt in post["attempts"]][-last:] == expected.tries
    assert [attempt["attemptNumber"] for attempt in post["attempts"]] == list(range(1, len(post["attempts"]) + 1))
    assert outcome.events[-last:] == expected.events
    assert len(outcome.events) == len(post["attempts"]), "every move is announced once"
    assert (await outcome.story.account())["status"] == expected.account
    seen = await outcome.story.followers_see()
    assert [visible["uri"] for visible in seen] == ([post["platformUri"]] if expected.status == "published" else [])


async def test_every_scenario_ends_as_the_contract_says(deployment: Deployment, subtests: pytest.Subtests) -> None:
    """All at once, to save time: the longest is away for 8 s."""
    ended = await asyncio.gather(*(play(deployment, scenario) for scenario in ENDINGS))
    outcomes = dict(zip(ENDINGS, ended, strict=True))
    for scenario, outcome in outcomes.items():
        with subtests.test(scenario):
            await check(outcome, ENDINGS[scenario])
    with subtests.test("every call is on record"):
        assert outcomes["rate_limited"].calls == [[429], [429], [200]]
        assert outcomes["timeout_after_publish"].calls == [[None], [200]]
        assert outcomes["flaky"].calls == [[500], [200]]
    with subtests.test("an expired token is refreshed on the way"):
        assert outcomes["token_expiring"].calls == [[400, 200]]
    with subtests.test("a dead account says what to do"):
        assert outcomes["auth_revoked"].post["error"]["code"] == "platform_auth_failed"
        assert outcomes["auth_revoked"].post["error"]["remediation"]
    with subtests.test("a refusal is told in the platform's own words"):
        assert outcomes["rejected"].post["error"]["code"] == "platform_rejected"
        assert outcomes["rejected"].post["error"]["platformResponse"]["status"] == 400
