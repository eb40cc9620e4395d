"""Rate limits: fact sheet section 5."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.platforms.bluesky.test_simulator import POST, RKEY, Response, User, World, post

APPLY = "com.atproto.repo.applyWrites#"
REFUSAL = (429, "RateLimitExceeded", "Rate Limit Exceeded")
WRITES: dict[str, Any] = {
    "writes": [
        {"$type": f"{APPLY}create", "collection": POST, "rkey": RKEY, "value": post()},
        {"$type": f"{APPLY}update", "collection": POST, "rkey": RKEY, "value": post("New")},
        {"$type": f"{APPLY}delete", "collection": POST, "rkey": RKEY},
    ]
}


def remaining(response: Response) -> int:
    return int(response.headers["ratelimit-remaining"])


def use_up(user: User, points: int) -> None:
    """Use points in large steps: a batch of 200 creates costs 600."""
    creates = [{"$type": f"{APPLY}create", "collection": POST, "value": post()}] * 200
    for _ in range(points // 600):
        assert user.write("applyWrites", writes=creates).status == 200
    for _ in range(points % 600):
        assert user.write("deleteRecord", collection=POST, rkey=RKEY).status == 200


@pytest.mark.parametrize(
    ("write", "points"),
    [
        (lambda user: user.write("createRecord", collection=POST, record=post()), 3),
        (lambda user: user.put(post()), 2),
        (lambda user: user.write("deleteRecord", collection=POST, rkey=RKEY), 1),
        (lambda user: user.write("applyWrites", **WRITES), 6),
    ],
    ids=["create", "put", "delete", "apply"],
)
def test_every_write_has_its_price(write: Callable[[User], Response], points: int) -> None:
    response = write(World().connect())
    assert remaining(response) == 5000 - points


def test_headers_state_limit_rest_reset_and_policy() -> None:
    user = World().connect()
    headers = user.put(post()).headers
    reset = int(user.world.now.timestamp()) + 3600
    assert headers["ratelimit-limit"] == "5000"
    assert headers["ratelimit-reset"] == str(reset)
    assert headers["ratelimit-policy"] == "5000;w=3600"
    assert "retry-after" not in headers


def test_429_follows_5000_points_until_the_hour_ends() -> None:
    user = World().connect()
    use_up(user, 5000)
    user.world.advance(minutes=20)
    refused = user.put(post(), "3l6oveex3ii2z")
    assert refused.refusal == REFUSAL
    assert refused.headers["retry-after"] == "2400"
    assert remaining(refused) == 0
    user.world.advance(minutes=40)
    assert user.put(post(), "3l6oveex3ii2z").status == 200


def test_35000_points_are_allowed_per_day() -> None:
    user = World().connect()
    for _ in range(7):
        use_up(user, 4800)
        user.world.advance(hours=1)
        user.refresh_session()
    use_up(user, 1400)
    refused = user.put(post(), "3l6oveex3ii2z")
    assert refused.refusal == REFUSAL
    assert refused.headers["ratelimit-policy"] == "35000;w=86400"
    assert refused.headers["retry-after"] == str(17 * 3600)


def test_accounts_have_separate_budgets() -> None:
    world = World()
    busy, idle = world.connect(), world.connect()
    use_up(busy, 3000)
    assert remaining(idle.put(post())) == 4998


def test_1000_uploads_are_allowed_per_day() -> None:
    user = World().connect()
    for _ in range(1000):
        assert user.upload().status == 200
    assert user.upload().refusal == REFUSAL
    user.world.advance(days=1)
    user.refresh_session()
    assert remaining(user.upload()) == 999


def test_30_logins_are_allowed_in_five_minutes_including_wrong_ones() -> None:
    world = World()
    user = world.connect()  # the first
    for _ in range(29):
        assert world.login(user.handle, "wrong").status == 401
    assert world.login(user.handle, user.password).refusal == REFUSAL
    world.advance(minutes=5)
    assert world.login(user.did, user.password).status == 200


def test_reads_are_not_counted() -> None:
    user = World().connect()
    assert not [name for name in user.read().headers if name.startswith("ratelimit")]
