"""Pinterest's own client publishes to the simulator, over TLS and at the hosts of Pinterest."""

import base64
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from letmepost.domain.received import Checksum
from letmepost.platforms.pinterest.simulator.accounts import APP
from tests.counterparts.conftest import OpenStage
from tests.counterparts.packages import CLIENTS
from tests.counterparts.stages import Publication
from tests.gateways.movies import movie
from tests.http.support import png

PROGRAMS = Path(__file__).parent / "python"
FILM = movie()
HOSTS = ("api.pinterest.com", "www.pinterest.com")


@pytest.fixture(scope="module", params=CLIENTS["pinterest"])
async def published(
    request: pytest.FixtureRequest, open_stage: OpenStage, python: Path, require: Callable[[str], None]
) -> AsyncIterator[Publication]:
    """The work of the client: it gets consent, creates a board, publishes, deletes, and is refused."""
    require(request.param)
    files = {"picture": png(), "film": FILM}
    encoded = {name: base64.b64encode(content).decode() for name, content in files.items()}
    given = {"client_id": APP.client_id, "client_secret": APP.client_secret, **encoded}
    async with open_stage("pinterest", request.param, *HOSTS) as stage:
        yield await stage.run(python, PROGRAMS / "pinterest_generated_client.py", **given)


def test_pin_is_visible_character_for_character(published: Publication) -> None:
    first = published.post("first")
    assert first["text"] == "Hello from Pinterest & others: 100% ✓"
    record = first["record"]
    assert (record["title"], record["alt_text"]) == ("Soup", "A red picture")
    assert (record["link"], record["media_source"]["url"]) == ("https://example.org/soup", "https://media.test/red.png")
    assert published.printed["title"] == "Soup"


def test_image_can_be_sent_as_bytes_and_to_a_section(published: Publication) -> None:
    inline = published.post("inline")
    assert inline["record"]["media_source"]["content_type"] == "image/png"
    assert published.printed["section"] == [inline["uri"]]


def test_carousel_shows_its_pictures_in_order(published: Publication) -> None:
    items = published.post("carousel")["record"]["media_source"]["items"]
    assert [item["url"] for item in items] == ["https://media.test/1.png", "https://media.test/2.png"]


def test_video_is_stored_whole_and_shown_with_its_cover(published: Publication) -> None:
    assert published.printed["video"] == [204, "succeeded"]
    record = published.post("video")["record"]
    assert record["video"] == {"sizeBytes": len(FILM), "checksum": str(Checksum.of(FILM))}
    assert record["media_source"]["cover_image_url"] == "https://media.test/1.png"


def test_board_lists_its_pins_newest_first_without_the_deleted_one(published: Publication) -> None:
    posts = published.printed["posts"]
    assert published.printed["listed"] == [posts["video"], posts["carousel"], posts["inline"], posts["first"]]
    assert published.printed["boards"] == ["Board 1", "Soups"]
    assert "Deleted" not in published.texts()


def test_token_is_refreshed(published: Publication) -> None:
    assert published.printed["refreshed"] is True
    assert published.printed["user"].startswith("sandbox_")


def test_refusals_have_the_form_that_the_client_reads(published: Publication) -> None:
    (no_board, no_board_body), (unreachable, unreachable_body) = published.printed["refusals"]
    assert (no_board, no_board_body["code"]) == (404, 40)
    assert (unreachable, unreachable_body["code"]) == (400, 1)
    assert "Unable to reach the URL" in unreachable_body["message"]
    assert len(published.posts) == 4
