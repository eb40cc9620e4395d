"""The scenarios that every platform has, and how attempts are counted."""

from datetime import timedelta
from itertools import pairwise

import pytest

from letmepost.platforms._kit.simulator.scenarios import (
    CommonScenario,
    WriteAttempt,
    check_scenario,
    is_first_response,
    is_withdrawn,
    refuse_attempt,
    refuse_posts,
    withdraw_permission,
)
from letmepost.platforms._kit.simulator.wire import Refusal
from tests.doubles.simulated import TextState
from tests.platforms.kit.simulator.example import CONSENT, SCENARIOS, Example, failure


def statuses(scenario: str, *seconds: float) -> list[int]:
    """Return the statuses of writes at these moments."""
    example = Example()
    code = CONSENT.create_account(example.state, scenario, example.now, example.entropy())["code"]
    token = example.exchange(code).body.decode().partition('"access_token":"')[2].partition('"')[0]
    found = []
    for before, at in pairwise((0.0, *seconds)):
        example.now += timedelta(seconds=at - before)
        found.append(example.post(token).status)
    return found


@pytest.mark.parametrize(
    ("scenario", "seconds", "expected"),
    [
        ("ok", (0, 0), [201, 201]),
        ("slow", (0, 0), [201, 201]),
        ("rate_limited", (0, 0, 0, 0), [429, 429, 201, 201]),
        ("auth_revoked", (0,), [201]),
        ("token_expiring", (4, 5), [201, 401]),
        ("rejected", (0, 100), [422, 422]),
        ("duplicate", (0, 100), [409, 409]),
        ("unavailable", (3, 10.5, 11), [503, 503, 201]),
        ("flaky", (0, 0, 0, 0), [500, 201, 500, 201]),
        ("timeout_after_publish", (0,), [201]),
    ],
)
def test_scenario_refuses_writes(scenario: str, seconds: tuple[float, ...], expected: list[int]) -> None:
    assert statuses(scenario, *seconds) == expected


def test_scenarios_differ_in_the_fields_that_platforms_read() -> None:
    changed = {
        name: (scenario.delay_s, scenario.access_lifetime, scenario.revoked, scenario.loses_first_response)
        for name, scenario in SCENARIOS.items()
    }
    healthy = (0.0, None, False, False)
    assert {name for name, fields in changed.items() if fields == healthy} == {
        "ok",
        "rate_limited",
        "rejected",
        "duplicate",
        "unavailable",
        "flaky",
    }
    assert changed["slow"] == (3.0, None, False, False)
    assert changed["token_expiring"] == (0.0, timedelta(seconds=5), False, False)
    assert changed["auth_revoked"] == (0.0, None, True, False)
    assert changed["timeout_after_publish"] == (0.0, None, False, True)


def test_attempts_are_counted_by_account_from_the_first_one_on() -> None:
    state, seen, now = TextState(), list[WriteAttempt](), Example().now

    def watch(attempt: WriteAttempt) -> None:
        seen.append(attempt)

    scenario = CommonScenario(summary="Watched.", refuse=watch)
    for account_id, seconds in (("a", 0), ("a", 2), ("b", 3)):
        refuse_attempt(state, account_id, scenario, now + timedelta(seconds=seconds), shows_post=False)
    assert [(attempt.number, attempt.age_s) for attempt in seen] == [(1, 0.0), (2, 2.0), (1, 0.0)]


def test_uploads_are_counted_only_if_the_scenario_refuses_them() -> None:
    state, seen = TextState(), list[WriteAttempt]()
    scenario = CommonScenario(summary="Watched.", refuse=seen.append)
    refuse_attempt(state, "a", scenario, Example().now, shows_post=False, is_upload=True)
    assert (len(seen), len(state)) == (0, 0)
    scenario = CommonScenario(summary="Watched.", refuse=seen.append, refuses_uploads=True)
    refuse_attempt(state, "a", scenario, Example().now, shows_post=False, is_upload=True)
    assert (len(seen), len(state)) == (1, 1)


def test_scenario_can_refuse_posts_only() -> None:
    scenario, state, now = CommonScenario(summary="x", refuse=refuse_posts(failure(422))), TextState(), Example().now
    refuse_attempt(state, "a", scenario, now, shows_post=False)
    with pytest.raises(Refusal):
        refuse_attempt(state, "a", scenario, now, shows_post=True)


def test_unknown_scenario_is_rejected() -> None:
    check_scenario(SCENARIOS, "ok")
    with pytest.raises(ValueError, match="there is no scenario 'luck'"):
        check_scenario(SCENARIOS, "luck")


def test_only_the_first_response_with_a_name_is_the_first() -> None:
    state = TextState()
    assert [is_first_response(state, name) for name in ("a", "a", "b")] == [True, False, True]


def test_permission_is_withdrawn_for_one_account() -> None:
    state = TextState()
    withdraw_permission(state, "a")
    assert (is_withdrawn(state, "a"), is_withdrawn(state, "b")) == (True, False)
