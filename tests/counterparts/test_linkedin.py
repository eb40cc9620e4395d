"""LinkedIn's own client publishes to the simulator, over TLS and at the hosts of LinkedIn."""

import base64
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from letmepost.domain.received import Checksum
from letmepost.platforms.linkedin import PLATFORM
from letmepost.platforms.linkedin.simulator.consent import APP
from tests.counterparts.conftest import OpenStage
from tests.counterparts.packages import CLIENTS
from tests.counterparts.stages import Publication
from tests.gateways.movies import movie
from tests.http.support import png

PROGRAMS = Path(__file__).parent / "python"
MOVIE = movie()  # two calls may encode it differently
FILM = MOVIE.ljust(5_000_000, b"\0")
"""It is uploaded in two parts."""
HOSTS = ("api.linkedin.com", "www.linkedin.com")


@pytest.fixture(scope="module", params=CLIENTS["linkedin"])
async def published(
    request: pytest.FixtureRequest, open_stage: OpenStage, python: Path, require: Callable[[str], None]
) -> AsyncIterator[Publication]:
    """The work of the client: it gets consent, publishes, deletes, and is refused."""
    require(request.param)
    given = {
        "client_id": APP.client_id,
        "client_secret": APP.client_secret,
        "version": PLATFORM.api_version,
        "picture": base64.b64encode(png()).decode(),
        "film": base64.b64encode(MOVIE).decode(),
        "film_bytes": len(FILM),
    }
    async with open_stage("linkedin", request.param, *HOSTS) as stage:
        yield await stage.run(python, PROGRAMS / "linkedin_api_client.py", **given)


def test_post_is_visible(published: Publication) -> None:
    assert published.printed["introspected"] == "active"
    assert published.post("first")["text"] == "Hello from linkedin-api-client"


def test_picture_has_its_alternative_text(published: Publication) -> None:
    media = published.post("picture")["record"]["content"]["media"]
    assert media["altText"] == "A red picture"
    assert media["id"].startswith("urn:li:image:")


def test_video_arrives_whole_in_its_parts(published: Publication) -> None:
    film = published.post("film")
    assert film["uri"].startswith("urn:li:ugcPost:")
    assert film["record"]["content"]["media"]["title"] == "A film"
    assert film["record"]["video"] == {"sizeBytes": len(FILM), "checksum": str(Checksum.of(FILM))}


def test_comment_is_a_reply_to_the_post(published: Publication) -> None:
    status, comment_id = published.printed["comment"]
    [comment] = [post for post in published.posts if post["replyTo"] == published.printed["posts"]["first"]]
    assert status == 201
    assert (comment["text"], comment["uri"].endswith(f",{comment_id})")) == ("A comment", True)


def test_deleted_post_is_gone(published: Publication) -> None:
    assert published.printed["deleted"] == 204
    assert "Deleted" not in published.texts()


def test_text_that_is_too_long_returns_an_error(published: Publication) -> None:
    """The client raises nothing for a refusal: it returns the status and the body."""
    refusal = published.printed["refusal"]
    assert (refusal["status"], refusal["id"]) == (422, None)
    [error] = refusal["body"]["errorDetails"]["inputErrors"]
    assert error["code"] == "FIELD_LENGTH_TOO_LONG"
    assert len(published.posts) == 4
