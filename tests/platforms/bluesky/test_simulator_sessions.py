"""Sessions: fact sheet sections 1.2 and 6."""

import pytest

from tests.platforms.bluesky.test_simulator import User, World, post

GET_SESSION = "com.atproto.server.getSession"
DELETE_SESSION = "com.atproto.server.deleteSession"
EXPIRED = (400, "ExpiredToken", "Token has expired")
REVOKED = (400, "ExpiredToken", "Token has been revoked")


def forged(token: str) -> str:
    return token[:-2] + ("aa" if token[-2:] != "aa" else "bb")


def test_login_returns_account_server_and_two_tokens() -> None:
    world = World()
    user = world.connect()
    session = world.login(user.handle, user.password)
    assert set(session.data) == {"did", "handle", "didDoc", "active", "accessJwt", "refreshJwt"}
    assert session.data["active"] is True
    assert session.data["didDoc"]["id"] == user.did


def test_login_accepts_the_did() -> None:
    world = World()
    user = world.connect()
    assert world.login(user.did, user.password).status == 200


@pytest.mark.parametrize("known", [True, False])
def test_wrong_password_and_unknown_account_look_the_same(*, known: bool) -> None:
    world = World()
    handle = world.connect().handle if known else "unknown.test"
    refusal = (401, "AuthenticationRequired", "Invalid identifier or password")
    assert world.login(handle, "aaaa-bbbb-cccc-dddd").refusal == refusal


def test_session_contains_its_account() -> None:
    user = World().connect()
    session = user.bare("GET", GET_SESSION, user.access)
    assert (session.data["did"], session.data["handle"], session.data["active"]) == (
        user.did,
        user.handle,
        True,
    )
    assert "email" not in session.data


def test_access_token_is_valid_for_two_hours_and_then_a_400() -> None:
    user = World().connect()
    user.world.advance(minutes=119, seconds=59)
    assert user.bare("GET", GET_SESSION, user.access).status == 200
    user.world.advance(seconds=1)
    assert user.bare("GET", GET_SESSION, user.access).refusal == EXPIRED


def test_refresh_token_is_valid_for_ninety_days() -> None:
    user = World().connect()
    user.world.advance(days=89, hours=23)
    refreshed = user.refresh().data["refreshJwt"]
    user.world.advance(days=1)
    assert user.refresh(refreshed).status == 200
    assert user.refresh().refusal == EXPIRED


def test_refresh_rotates_both_tokens() -> None:
    user = World().connect()
    user.world.advance(minutes=121)
    refreshed = user.refresh().data
    assert refreshed["refreshJwt"] != user.refresh_token
    assert user.bare("GET", GET_SESSION, refreshed["accessJwt"]).status == 200


def test_used_refresh_token_leads_to_the_same_successor_for_two_hours() -> None:
    user = World().connect()
    first = user.refresh().data["refreshJwt"]
    user.world.advance(minutes=119)
    assert user.refresh().status == 200
    user.world.advance(minutes=1)
    assert user.refresh().refusal == REVOKED
    assert user.refresh(first).status == 200


def test_racing_refreshes_are_one_rotation() -> None:
    user = World().connect()
    one, other = user.refresh().data["refreshJwt"], user.refresh().data["refreshJwt"]
    after_one, after_other = user.refresh(one).data, user.refresh(other).data
    assert len([key for key in user.world.state if key.startswith("session/")]) == 3
    assert after_one["did"] == after_other["did"]


def test_refresh_rejects_any_body() -> None:
    user = World().connect()
    response = user.world.post("com.atproto.server.refreshSession", {}, user.refresh_token)
    assert response.refusal[:2] == (400, "InvalidRequest")


def test_logout_ends_the_session_and_can_be_repeated() -> None:
    user = World().connect()
    assert user.bare("POST", DELETE_SESSION, user.refresh_token).status == 200
    assert user.bare("POST", DELETE_SESSION, user.refresh_token).status == 200
    assert user.refresh().refusal == REVOKED


def test_logout_accepts_an_expired_token() -> None:
    user = World().connect()
    user.world.advance(days=91)
    assert user.bare("POST", DELETE_SESSION, user.refresh_token).status == 200


def test_used_token_does_not_revive_an_ended_session() -> None:
    user = World().connect()
    successor = user.refresh().data["refreshJwt"]
    user.bare("POST", DELETE_SESSION, successor)
    assert user.refresh().refusal == REVOKED


@pytest.mark.parametrize("name", [GET_SESSION, "com.atproto.server.refreshSession", DELETE_SESSION])
def test_call_without_a_token_is_rejected(name: str) -> None:
    method = "GET" if name == GET_SESSION else "POST"
    for headers in ({}, {"authorization": "Basic abc"}, {"authorization": "Bearer "}):
        response = World().send(method, f"/xrpc/{name}", headers=headers)
        assert response.refusal == (401, "AuthMissing", "Authentication Required")


def invalid_tokens(user: User) -> dict[str, str]:
    return {
        "Malformed token": "not a token",
        "Token could not be verified": forged(user.access),
        "Bad token scope": user.refresh_token,
    }


@pytest.mark.parametrize("message", ["Malformed token", "Token could not be verified", "Bad token scope"])
def test_foreign_token_is_invalid(message: str) -> None:
    user = World().connect()
    response = user.bare("GET", GET_SESSION, invalid_tokens(user)[message])
    assert response.refusal == (400, "InvalidToken", message)


def test_token_of_another_world_cannot_be_verified() -> None:
    user = World().connect()
    elsewhere = World()
    response = elsewhere.send("GET", f"/xrpc/{GET_SESSION}", headers={"authorization": f"Bearer {user.access}"})
    assert response.refusal == (400, "InvalidToken", "Token could not be verified")


def test_access_token_cannot_refresh() -> None:
    user = World().connect()
    assert user.refresh(user.access).refusal == (400, "InvalidToken", "Bad token scope")


def test_moved_account_is_not_found() -> None:
    user = World().connect()
    del user.world.state[f"account/{user.did}"]
    refusal = (403, "AccountNotFound", "Account not found")
    assert user.bare("GET", GET_SESSION, user.access).refusal == refusal
    assert user.refresh().refusal == refusal


def test_account_writes_only_to_its_own_repository() -> None:
    world = World()
    mine, other = world.connect(), world.connect()
    body = {"repo": other.did, "collection": "app.bsky.feed.post", "rkey": "3l6oveex3ii2l", "record": post()}
    response = world.post("com.atproto.repo.putRecord", body, mine.access)
    assert response.refusal == (401, "AuthenticationRequired", "Authentication Required")
    assert world.posts() == []
