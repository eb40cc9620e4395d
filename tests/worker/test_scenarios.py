"""The results of the simulators' scenarios, as in section 4 of the contract."""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from tests.deployment import Deployment
from tests.worker.story import Story, begin

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True)
class Ending:
    """The expected result: the status, the last event, the attempts, and the status of the account."""

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
    """The actual result."""

    story: Story
    post: dict[str, Any]
    events: list[str]

    @property
    def calls(self) -> list[list[int]]:
        """Return the statuses of the replies to named steps, by attempt."""
        return [
            [call["status"] for call in attempt["calls"] if call["step"] == "post"] for attempt in self.post["attempts"]
        ]


async def play(deployment: Deployment, scenario: str) -> Outcome:
    story = await begin(deployment, scenario)
    if scenario == "token_expiring":
        await story.advance_platform_time(6)  # its access tokens expire after 5 s
    post = await story.settled(await story.post())
    return Outcome(story, post, await story.events(post["id"], len(post["attempts"])))


async def check(outcome: Outcome, expected: Ending) -> None:
    post, last = outcome.post, len(expected.tries)
    assert post["status"] == expected.status
    assert ("error" in post) == (expected.status != "published")
    assert [attempt["outcome"] for attempt in post["attempts"]][-last:] == expected.tries
    assert [attempt["attemptNumber"] for attempt in post["attempts"]] == list(range(1, len(post["attempts"]) + 1))
    assert outcome.events[-last:] == expected.events
    assert len(outcome.events) == len(post["attempts"]), "every transition is announced once"
    assert (await outcome.story.account())["status"] == expected.account
    seen = await outcome.story.followers_see()
    assert [visible["uri"] for visible in seen] == ([post["platformUri"]] if expected.status == "published" else [])


async def test_every_scenario_ends_as_in_the_contract(deployment: Deployment, subtests: pytest.Subtests) -> None:
    """The scenarios run together to save time: the longest one is unavailable for 8 s."""
    ended = await asyncio.gather(*(play(deployment, scenario) for scenario in ENDINGS))
    outcomes = dict(zip(ENDINGS, ended, strict=True))
    for scenario, outcome in outcomes.items():
        with subtests.test(scenario):
            await check(outcome, ENDINGS[scenario])
    with subtests.test("every call is recorded"):
        assert outcomes["rate_limited"].calls == [[429], [429], [200]]
        assert outcomes["timeout_after_publish"].calls == [[None], [200]]
        assert outcomes["flaky"].calls == [[500], [200]]
    with subtests.test("an expired token is refreshed"):
        assert outcomes["token_expiring"].calls == [[400, 200]]
    with subtests.test("an expired account has a remediation"):
        assert outcomes["auth_revoked"].post["error"]["code"] == "platform_auth_failed"
        assert outcomes["auth_revoked"].post["error"]["remediation"]
    with subtests.test("a refusal contains the platform's message"):
        assert outcomes["rejected"].post["error"]["code"] == "platform_rejected"
        assert outcomes["rejected"].post["error"]["platformResponse"]["status"] == 400
