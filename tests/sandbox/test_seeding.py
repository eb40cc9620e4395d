"""Accounts and posts of seeds, on every network."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from letmepost.domain.errors import EmulatorError
from letmepost.platforms import discover
from letmepost.platforms.simulation import SimulatedPost
from letmepost.sandbox.seeding.planting import Planted, plant
from tests.doubles.simulated import TextState
from tests.sandbox.support import seed_of

START = datetime(2026, 11, 30, 9, tzinfo=UTC)
NETWORKS = sorted(discover())
NAMED = {"facebook", "linkedin", "twitter", "youtube"}
"""The networks on which the name of an account can be chosen."""
NO_HANDLES = {"linkedin", "youtube"}
TEXT_ALONE = {"bluesky", "facebook", "linkedin", "mastodon", "threads", "twitter"}
IMAGES = TEXT_ALONE | {"instagram", "pinterest"}
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "tiktok": {"privacy": "PUBLIC_TO_EVERYONE"},
    "youtube": {"title": "A title", "madeForKids": False},
}
"""What a post needs besides a video."""
ABOUT_CALLS = {"duplicate", "flaky", "rate_limited", "rejected", "slow", "timeout_after_publish", "unavailable"}
"""The scenarios in which single calls fail."""


async def planted(network: str, state: TextState | None = None, *, start: datetime = START, **account: Any) -> Planted:
    """Create an account, in a new world unless `state` is one."""
    [wanted] = seed_of(accounts=[{"network": network, **account}]).accounts
    root = f"http://127.0.0.1:8090/main/{network}"
    state = TextState() if state is None else state
    return await plant(discover()[network], wanted, state, root=root, start=start, number=len(state))


async def visible(network: str, **account: Any) -> list[SimulatedPost]:
    """Return the posts that followers of a new account see."""
    state = TextState()
    await planted(network, state, **account)
    return discover()[network].simulator.posts(state)


@pytest.mark.parametrize("network", NETWORKS)
async def test_account_has_a_token_and_everything_that_a_client_signs_in_with(network: str) -> None:
    state = TextState()
    [account] = (await planted(network, state)).accounts
    assert account["token"] in account["credentials"].values()
    assert account["scenario"] == "ok"
    assert account["id"] in {profile.account_id for profile in discover()[network].simulator.profiles(state)}


@pytest.mark.parametrize("network", NETWORKS)
async def test_token_of_a_made_up_account_is_the_same_after_each_start(network: str) -> None:
    later = datetime(2026, 12, 5, 17, tzinfo=UTC)
    [first], [again] = (await planted(network)).accounts, (await planted(network, start=later)).accounts
    assert first["token"] == again["token"]


@pytest.mark.parametrize("network", NETWORKS)
async def test_posts_are_published_with_the_token_of_the_seed(network: str) -> None:
    post = {"text": "Hello", "video": network not in TEXT_ALONE, "options": OPTIONS.get(network, {})}
    state = TextState()
    [account] = (await planted(network, state, token="test-token", posts=[post])).accounts
    assert account["token"] == "test-token"
    [found] = discover()[network].simulator.posts(state)
    assert found.text == "Hello"
    assert datetime.fromisoformat(found.created_at) <= START


@pytest.mark.parametrize("network", sorted(set(NETWORKS) - {"bluesky"}))
async def test_token_of_the_seed_does_not_expire(network: str) -> None:
    [account] = (await planted(network, token="test-token")).accounts
    assert account["expiresAt"] is None


@pytest.mark.parametrize("network", NETWORKS)
async def test_two_accounts_cannot_have_the_same_token(network: str) -> None:
    state = TextState()
    await planted(network, state, token="test-token")
    if network == "bluesky":
        return  # passwords of two accounts may be equal
    with pytest.raises(EmulatorError, match="another account has this token"):
        await planted(network, state, token="test-token")


@pytest.mark.parametrize("network", sorted(IMAGES))
async def test_post_can_have_the_picture(network: str) -> None:
    [post] = await visible(network, posts=[{"text": "Hello", "image": "A hill"}])
    assert [item.kind for item in post.media] == ["image"]


@pytest.mark.parametrize("network", NETWORKS)
async def test_post_can_have_the_video(network: str) -> None:
    [post] = await visible(network, posts=[{"text": "Hello", "video": True, "options": OPTIONS.get(network, {})}])
    assert [item.kind for item in post.media] == ["video"]


@pytest.mark.parametrize("network", NETWORKS)
async def test_handle_and_name_are_chosen_where_accounts_have_them(network: str) -> None:
    wanted: dict[str, Any] = {} if network in NO_HANDLES else {"handle": "alice.test"}
    wanted |= {"name": "Alice"} if network in NAMED else {}
    [account] = (await planted(network, **wanted)).accounts
    assert wanted.get("handle", "") in (account["handle"] or "")
    assert wanted.get("name", account["name"]) == account["name"]


@pytest.mark.parametrize("network", sorted(set(NETWORKS) - NAMED))
async def test_name_is_rejected_where_accounts_have_none(network: str) -> None:
    with pytest.raises(EmulatorError, match="its accounts have no name that can be chosen"):
        await planted(network, name="Alice")


@pytest.mark.parametrize("network", sorted(NO_HANDLES))
async def test_handle_is_rejected_where_accounts_have_none(network: str) -> None:
    with pytest.raises(EmulatorError, match="its accounts have no handle"):
        await planted(network, handle="alice")


@pytest.mark.parametrize("network", sorted(set(NETWORKS) - NO_HANDLES))
@pytest.mark.parametrize("handle", ["alice.test", "a b", "@alice"])
async def test_used_or_invalid_handle_is_rejected(network: str, handle: str) -> None:
    state = TextState()
    await planted(network, state, handle="alice.test")
    with pytest.raises(EmulatorError, match=r"another account has the handle|is not a handle"):
        await planted(network, state, handle=handle)


@pytest.mark.parametrize(("network", "choice", "count"), [("facebook", "pages", 2), ("linkedin", "pages", 3)])
async def test_choice_of_the_consent_page_decides_what_is_connected(network: str, choice: str, count: int) -> None:
    assert len((await planted(network, consent=choice)).accounts) == count


@pytest.mark.parametrize(
    ("account", "problem"),
    [
        ({"consent": "nothing"}, "Facebook: its consent page has no choice 'nothing' that allows access"),
        ({"consent": "deny"}, "Facebook: its consent page has no choice 'deny' that allows access"),
        ({"consent": "pages", "token": "test-token"}, "a token needs a `consent` that connects one account"),
        ({"consent": "pages", "handle": "alice"}, "a handle or a name needs a `consent` that creates one account"),
        ({"posts": [{"text": "Hi"}, {}]}, "Facebook: posts[1]: "),
        ({"posts": [{"options": {"nothing": 1}}]}, "Facebook: posts[0]: options.nothing: Extra inputs"),
    ],
)
async def test_account_that_the_network_does_not_accept_is_an_error(account: dict[str, Any], problem: str) -> None:
    with pytest.raises(EmulatorError) as caught:
        await planted("facebook", **account)
    assert problem in str(caught.value)


@pytest.mark.parametrize("network", NETWORKS)
async def test_scenario_of_the_account_does_not_affect_its_posts(network: str) -> None:
    """Scenarios of what an account is, such as one without boards, do affect them."""
    post = {"text": "Hello", "video": network not in TEXT_ALONE, "options": OPTIONS.get(network, {})}
    for scenario in sorted(ABOUT_CALLS & set(discover()[network].simulator.scenarios)):
        [found] = await visible(network, scenario=scenario, posts=[post])
        assert found.text == "Hello", scenario


@pytest.mark.parametrize("network", NETWORKS)
async def test_account_is_created_in_every_scenario_or_refused(network: str) -> None:
    post = {"text": "Hello", "video": network not in TEXT_ALONE, "options": OPTIONS.get(network, {})}
    for scenario in discover()[network].simulator.scenarios:
        with suppress(EmulatorError):
            assert (await planted(network, scenario=scenario, posts=[post])).accounts[0]["scenario"] == scenario


async def test_network_without_oauth_has_no_consent_page() -> None:
    with pytest.raises(EmulatorError, match="Bluesky: it has no consent page"):
        await planted("bluesky", consent="allow")


async def test_account_that_cannot_be_connected_is_an_error() -> None:
    with pytest.raises(EmulatorError, match="Bluesky refused to connect the account"):
        await planted("bluesky", scenario="directory_gone")
