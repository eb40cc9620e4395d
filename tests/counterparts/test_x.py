"""Clients of other authors publish to the simulator of X, over TLS and at the hosts of X."""

import base64
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from letmepost.domain.received import Checksum
from letmepost.platforms.twitter.simulator.oauth import APP
from tests.counterparts.conftest import OpenStage
from tests.counterparts.packages import CLIENTS
from tests.counterparts.stages import Publication
from tests.gateways.movies import movie
from tests.http.support import png

PROGRAMS = Path(__file__).parent / "python"
FILM = movie(channels=2)
HOSTS = ("api.x.com", "x.com", "api.twitter.com", "twitter.com")


@pytest.fixture(scope="module", params=CLIENTS["twitter"])
async def published(
    request: pytest.FixtureRequest, open_stage: OpenStage, python: Path, require: Callable[[str], None]
) -> AsyncIterator[Publication]:
    """The work of one client: it gets consent, publishes, deletes, and is refused."""
    client: str = request.param
    require(client)
    files = {"picture": base64.b64encode(png()).decode(), "film": base64.b64encode(FILM).decode()}
    given = {"client_id": APP.client_id, "client_secret": APP.client_secret, **files}
    async with open_stage("twitter", client, *HOSTS) as stage:
        yield await stage.run(python, PROGRAMS / f"x_{client}.py", **given)


def test_reply_follows_the_first_post(published: Publication) -> None:
    first, reply = published.post("first"), published.post("reply")
    assert first["text"].startswith("Hello from ")
    assert reply["text"].startswith("A reply from ")
    assert (first["replyTo"], reply["replyTo"]) == (None, first["uri"])


def test_post_with_an_attachment_is_visible(published: Publication) -> None:
    posts = published.printed["posts"]
    if "poll" in posts:
        assert published.post("poll")["record"]["poll"] == {"options": ["Yes", "No"], "duration_minutes": 60}
    else:
        media_ids = published.printed["media"]
        record = published.post("pictures")["record"]
        assert record["media"] == {"media_ids": media_ids}
        assert record["media_keys"] == [f"3_{media_id}" for media_id in media_ids]


def test_video_arrives_whole(published: Publication) -> None:
    if "film" not in published.printed["posts"]:
        pytest.skip("the client uploads with version 1.1 of the API, which X has switched off")
    record = published.post("film")["record"]
    assert record["media_keys"] == [f"13_{published.printed['film']}"]
    assert record["video"] == {"sizeBytes": len(FILM), "checksum": str(Checksum.of(FILM))}


def test_deleted_post_is_gone(published: Publication) -> None:
    assert published.printed["deleted"] is True
    assert not [text for text in published.texts() if text.startswith("Deleted by ")]
    assert len(published.posts) == len(published.printed["posts"])


def test_text_that_is_too_long_raises_the_error_of_the_client(published: Publication) -> None:
    refusal = published.printed["refusal"]
    assert refusal["status"] == 403
    assert refusal["type"] in {"Forbidden", "HTTPError"}
    assert not [text for text in published.texts() if text.startswith("xx")]
