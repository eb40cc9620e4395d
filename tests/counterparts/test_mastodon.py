"""What `mastodon-mock` does, and where it differs from Mastodon."""

import base64
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.counterparts.mastodon_server import USERNAME
from tests.counterparts.scripts import run_script
from tests.http.support import png

SCRIPT = Path(__file__).parent / "python/mastodon_py.py"
CODE = f"mockcode_{USERNAME}"


@pytest.fixture
def key(request: pytest.FixtureRequest) -> Mapping[str, str]:
    """An idempotency key that no other test uses."""
    return {"idempotency-key": request.node.name}


async def post(http: httpx2.AsyncClient, text: str, **more: Any) -> httpx2.Response:
    return await http.post("/api/v1/statuses", data={"status": text}, **more)


async def test_client_and_server_of_other_authors_agree(
    python: Path, mastodon_url: str, require: Callable[[str], None]
) -> None:
    require("mastodon-py")
    given = {"url": mastodon_url, "username": USERNAME, "picture": base64.b64encode(png()).decode()}
    printed = await run_script(python, SCRIPT, {"NO_PROXY": "127.0.0.1"}, given)
    ids = printed["posts"]
    assert ids["again"] == ids["first"], "the idempotency key decides, not the text"
    assert printed["reply_to"] == ids["first"]
    assert printed["alternative_texts"] == ["A red picture"]
    assert printed["options"] == ["Yes", "No"]
    assert printed["listed"] == [ids["poll"], ids["picture"], ids["reply"], ids["first"]], "newest first"
    assert printed["errors"] == {
        "long": ["MastodonAPIError", 422, "Validation failed: Text is too long (maximum is 500 characters)"],
        "blank": ["MastodonAPIError", 422, "Validation failed: Text can't be blank"],
        "gone": ["MastodonNotFoundError", 404, "Record not found"],
        "revoked": ["MastodonUnauthorizedError", 401, "This method requires an authenticated user"],
    }


# The server differs from Mastodon in what follows. A test of a flow must not rely on it.


async def test_difference_code_is_granted_without_secret_verifier_and_any_number_of_times(
    http: httpx2.AsyncClient,
) -> None:
    for _ in range(2):
        form = {"grant_type": "authorization_code", "code": CODE, "client_id": "unknown", "client_secret": "wrong"}
        reply = await http.post("/oauth/token", data={**form, "code_verifier": "wrong", "redirect_uri": "https://e/"})
        assert (reply.status_code, reply.json()["scope"]) == (200, "read write follow push")


async def test_difference_key_of_a_deleted_post_ends_in_an_error(
    http: httpx2.AsyncClient, key: Mapping[str, str]
) -> None:
    """Mastodon publishes again, because its key has expired or leads to no post."""
    first = (await post(http, "Deleted", headers=key)).json()["id"]
    await http.delete(f"/api/v1/statuses/{first}")
    assert (await post(http, "Again", headers=key)).status_code == 500


async def test_difference_scheduled_post_ignores_its_key(http: httpx2.AsyncClient, key: Mapping[str, str]) -> None:
    made = [
        await http.post(
            "/api/v1/statuses", data={"status": "Later", "scheduled_at": "2099-01-01T00:00:00Z"}, headers=key
        )
        for _ in range(2)
    ]
    assert made[0].json()["id"] != made[1].json()["id"]


@pytest.mark.parametrize("text", ["👍🏽" * 300, f"https://example.org/{'a' * 500}", f"@a@{'b' * 490}.org hello"])
async def test_difference_every_code_point_counts(http: httpx2.AsyncClient, text: str) -> None:
    """Mastodon counts graphemes, 23 for a link, and of a mention only the local part."""
    assert (await post(http, text)).status_code == 422


@pytest.mark.parametrize(
    "fields",
    [
        {"in_reply_to_id": "999999"},
        {"media_ids[]": ["424242"]},
        {"visibility": "nobody"},
        {"poll[options][]": ["only one"], "poll[expires_in]": "1"},
    ],
)
async def test_difference_what_does_not_exist_is_ignored(http: httpx2.AsyncClient, fields: Mapping[str, Any]) -> None:
    reply = await http.post("/api/v1/statuses", data={"status": "Hello", **fields})
    assert reply.status_code == 200


async def test_difference_upload_is_not_looked_at(http: httpx2.AsyncClient) -> None:
    """Mastodon processes media after a response with 202, and refuses what it cannot read with 422."""
    reply = await http.post("/api/v2/media", files={"file": ("a.png", b"no picture", "image/png")})
    assert (reply.status_code, reply.json()["type"]) == (200, "image")
