"""A client of another author publishes to the simulator of Mastodon, over TLS and at the host of a server."""

import base64
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.counterparts.conftest import OpenStage
from tests.counterparts.packages import CLIENTS
from tests.counterparts.stages import Publication
from tests.http.support import png

SCRIPT = Path(__file__).parent / "python/mastodon_py.py"
HOST = "social.test"
GIF = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff" + bytes(5) + b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"


@pytest.fixture(scope="module", params=CLIENTS["mastodon"])
async def published(
    request: pytest.FixtureRequest, open_stage: OpenStage, python: Path, require: Callable[[str], None]
) -> AsyncIterator[Publication]:
    """The work of the client: it registers an app, gets consent, publishes, deletes, is refused, and revokes."""
    require(request.param)
    picture, animation = (base64.b64encode(content).decode() for content in (png(), GIF))
    given = {"picture": picture, "animation": animation, "more_scopes": ["read:statuses"]}
    async with open_stage("mastodon", request.param, HOST) as stage:
        yield await stage.run(python, SCRIPT, url=f"https://{HOST}", **given)


def test_repeated_key_returns_the_first_post(published: Publication) -> None:
    posts = published.printed["posts"]
    assert posts["again"] == posts["first"]
    assert published.texts() == ["Hello from Mastodon.py", "A reply", "A picture", "A poll", "An animation"]


def test_reply_follows_the_first_post(published: Publication) -> None:
    first, reply = published.post("first"), published.post("reply")
    assert (first["replyTo"], reply["replyTo"]) == (None, first["uri"])
    assert published.printed["reply_to"] == first["uri"]


def test_picture_has_its_alternative_text_behind_a_warning(published: Publication) -> None:
    record = published.post("picture")["record"]
    assert record["media"] == [{"type": "image", "description": "A red picture"}]
    assert (record["spoiler_text"], record["sensitive"], record["visibility"]) == ("A warning", True, "unlisted")
    assert published.printed["alternative_texts"] == ["A red picture"]


def test_animation_is_attached_after_it_is_processed(published: Publication) -> None:
    *before, address = published.printed["processed"]
    assert before
    assert set(before) == {None}
    assert address.startswith("http")
    assert published.post("animation")["record"]["media"] == [{"type": "gifv", "description": "A red animation"}]


def test_poll_has_its_answers(published: Publication) -> None:
    poll = published.post("poll")["record"]["poll"]
    assert ([option["title"] for option in poll["options"]], poll["multiple"]) == (["Yes", "No"], False)
    assert published.printed["options"] == ["Yes", "No"]


def test_timeline_lists_the_newest_post_first(published: Publication) -> None:
    names = ("animation", "poll", "picture", "reply", "first")
    assert published.printed["listed"] == [published.printed["posts"][name] for name in names]


def test_refusals_raise_the_errors_of_the_client(published: Publication) -> None:
    too_early = "Cannot attach files that have not finished processing. Try again in a moment!"
    assert published.printed["errors"] == {
        "long": ["MastodonAPIError", 422, "Validation failed: Text character limit of 500 exceeded"],
        "blank": ["MastodonAPIError", 422, "Validation failed: Text can't be blank"],
        "gone": ["MastodonNotFoundError", 404, "Record not found"],
        "unprocessed": ["MastodonAPIError", 422, too_early],
        "revoked": ["MastodonUnauthorizedError", 401, "The access token was revoked"],
    }
