"""Software of another author publishes to the simulator, over TLS and at the hosts of TikTok."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from letmepost.platforms.tiktok.simulator.oauth import APP
from tests.counterparts.conftest import OpenStage
from tests.counterparts.packages import CLIENTS
from tests.counterparts.stages import Publication

PROGRAMS = Path(__file__).parent / "python"
HOSTS = ("open.tiktokapis.com", "www.tiktok.com")
FILL_BYTES = 1_000_000
START_BYTES = 12


@pytest.fixture(scope="module", params=CLIENTS["tiktok"])
async def published(
    request: pytest.FixtureRequest, open_stage: OpenStage, python: Path, require: Callable[[str], None]
) -> AsyncIterator[Publication]:
    """The work of the client: it gets consent, uploads videos, reads their status, and is refused."""
    require(request.param)
    given = {"client_key": APP.client_id, "client_secret": APP.client_secret, "size_bytes": FILL_BYTES}
    async with open_stage("tiktok", request.param, *HOSTS) as stage:
        yield await stage.run(python, PROGRAMS / "tiktok_studio_mcp.py", **given)


def test_video_is_visible_with_its_caption_and_switches(published: Publication) -> None:
    post = published.post("public")
    assert post["text"] == "Hello from an MCP server & others: 100% ✓ 👍"
    record = post["record"]
    assert (record["privacy_level"], record["disable_duet"]) == ("PUBLIC_TO_EVERYONE", True)
    assert record["video"]["sizeBytes"] == FILL_BYTES + START_BYTES
    assert published.printed["published"]["status"] == "PUBLISH_COMPLETE"


def test_private_video_is_published(published: Publication) -> None:
    assert published.post("private")["record"]["privacy_level"] == "SELF_ONLY"
    assert len(published.posts) == 2


def test_video_in_the_inbox_is_not_published(published: Publication) -> None:
    assert published.printed["delivered"]["status"] == "SEND_TO_USER_INBOX"


def test_consent_with_pkce_connects_an_account_and_its_token_is_rotated(published: Publication) -> None:
    health = published.printed["health"]
    assert health["auth"] == "ok"
    assert health["privacy_options"] == ["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]
    assert published.printed["rotated"] is True


def test_refusals_have_the_form_that_the_client_reads(published: Publication) -> None:
    assert "(400)" in published.printed["refused"]
    assert "invalid_params" in published.printed["refused"]
    assert "invalid_publish_id" in published.printed["unknown"]


def test_list_has_the_form_that_the_client_reads(published: Publication) -> None:
    assert published.printed["listed"] == {"videos": [], "cursor": 0, "has_more": False}
