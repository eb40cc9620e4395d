"""The origins whose pages may read responses (CORS)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from letmepost.domain.api_keys import Mode
from letmepost.settings import Settings
from tests.database import DatabaseURLs
from tests.deployment import Client, Deployment, deployed, settings_for
from tests.http.support import path_of, png

APP = "https://app.example.com"
ASKS = {"origin": APP, "access-control-request-method": "POST"}
UPLOADS = ["/v1/media", "/v1/media/uploads", "/v1/media/uploads/token", "/v1/media/med_1/complete", "/v1/events/stream"]


@pytest.fixture
async def open_to_app(database_urls: DatabaseURLs, redis_url: str, tmp_path: Path) -> AsyncIterator[Deployment]:
    """Run a deployment that allows one origin."""
    async with deployed(
        database_urls, redis_url, tmp_path, with_worker=False, cors_origins=f"{APP}, https://b.example.com/"
    ) as running:
        yield running


async def test_preflight_is_allowed_for_uploads_and_the_stream(open_to_app: Deployment) -> None:
    for path in UPLOADS:
        reply = await open_to_app.http.options(
            path, headers={**ASKS, "access-control-request-headers": "authorization,idempotency-key"}
        )
        assert reply.status_code == 200, path
        assert reply.headers["access-control-allow-origin"] == APP
        assert "PUT" in reply.headers["access-control-allow-methods"]
        assert "access-control-allow-credentials" not in reply.headers
        assert reply.headers["x-request-id"]


@pytest.mark.parametrize(
    "path", ["/v1/posts", "/v1/accounts", "/v1/api-keys", "/v1/events", "/v1/media/med_1", "/health"]
)
async def test_other_routes_allow_no_origin(open_to_app: Deployment, path: str) -> None:
    asked = await open_to_app.http.options(path, headers=ASKS)
    sent = await open_to_app.http.get(path, headers={"origin": APP})
    assert asked.status_code == 405
    assert not [name for reply in (asked, sent) for name in reply.headers if name.startswith("access-control")]


async def test_unknown_origin_is_not_allowed(open_to_app: Deployment) -> None:
    reply = await open_to_app.http.options("/v1/media", headers={**ASKS, "origin": "https://evil.example.com"})
    assert reply.status_code == 400
    assert "access-control-allow-origin" not in reply.headers


async def test_page_can_upload_and_read_the_response_headers(open_to_app: Deployment) -> None:
    client: Client = await open_to_app.client(Mode.TEST)
    content, origin = png(), {"origin": APP}
    started = await client.post("/v1/media/uploads", {"filename": "a.png", "sizeBytes": len(content)}, **origin)
    assert started.headers["access-control-allow-origin"] == APP
    exposed = started.headers["access-control-expose-headers"].lower()
    assert {"x-request-id", "ratelimit-remaining", "retry-after"} <= set(exposed.split(", "))
    sent = await open_to_app.http.put(path_of(started.json()["upload"]["url"]), content=content, headers=origin)
    assert (sent.status_code, sent.headers["access-control-allow-origin"]) == (200, APP)


async def test_page_can_read_errors(open_to_app: Deployment) -> None:
    denied = await open_to_app.http.post("/v1/media", headers={"origin": APP})
    assert (denied.status_code, denied.headers["access-control-allow-origin"]) == (401, APP)
    too_large = await open_to_app.http.post("/v1/media/uploads", content=b"x" * 2_000_000, headers={"origin": APP})
    assert (too_large.status_code, too_large.headers["access-control-allow-origin"]) == (413, APP)


async def test_no_origin_is_allowed_by_default(client: Client) -> None:
    reply = await client.http.options("/v1/media", headers=ASKS)
    assert reply.status_code == 405
    assert "access-control-allow-origin" not in reply.headers


@pytest.mark.parametrize("origins", ["*", "app.example.com", f"{APP}/page", "null"])
def test_invalid_origin_is_rejected(database_urls: DatabaseURLs, redis_url: str, tmp_path: Path, origins: str) -> None:
    with pytest.raises(ValidationError, match="not an origin"):
        settings_for(database_urls, redis_url, tmp_path, cors_origins=origins)
    assert Settings.model_fields["cors_origins"].default == ()
