"""Meta's own client publishes to the simulator of Facebook, over TLS and at the host of the Graph API."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from letmepost.domain.received import Checksum
from letmepost.platforms.facebook.simulator.consent import APP, LOGIN
from tests.counterparts.conftest import OpenStage
from tests.counterparts.packages import CLIENTS
from tests.counterparts.stages import Publication

PROGRAMS = Path(__file__).parent / "python"


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that is larger than the largest range that the simulator asks for."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    path.write_bytes(bytes(range(256)) * 20_000)
    return path


@pytest.fixture(scope="module", params=CLIENTS["facebook"])
async def published(
    request: pytest.FixtureRequest,
    open_stage: OpenStage,
    python: Path,
    require: Callable[[str], None],
    film: Path,
) -> AsyncIterator[Publication]:
    """The work of the client: it lists the Pages of a person, publishes, and is refused."""
    require(request.param)
    hosts = ("graph.facebook.com", "graph-video.facebook.com")
    async with open_stage("facebook", request.param, *hosts) as stage:
        account = await stage.new_account()
        given = {"client_id": APP.client_id, "client_secret": APP.client_secret, "code": account["code"]}
        given["film"] = str(film)
        yield await stage.run(python, PROGRAMS / "facebook_business_sdk.py", **given)


def test_text_is_visible_character_for_character(published: Publication) -> None:
    post = published.post("text")
    assert post["text"] == "Hello from facebook-business & others: 100% ✓"
    assert post["accountId"] == published.printed["page"]


def test_link_is_shown_with_its_text(published: Publication) -> None:
    post = published.post("link")
    assert (post["text"], post["record"]["link"]) == ("A link", "https://example.com/a?b=1")


def test_single_photo_is_a_post(published: Publication) -> None:
    post = published.post("photo")
    assert (post["text"], post["record"]["media"]) == (
        "One photo",
        [{"url": "https://media.test/red.png", "alt_text": ""}],
    )


def test_many_photos_are_one_post_in_their_order(published: Publication) -> None:
    post = published.post("many")
    assert post["record"]["media"] == [
        {"url": f"https://media.test/{number}.png", "alt_text": f"Picture {number}"} for number in (1, 2, 3)
    ]
    assert published.printed["shown_by"] == post["uri"]


def test_story_shows_a_staged_photo(published: Publication) -> None:
    assert published.post("story")["record"]["kind"] == "story"
    assert len(published.printed["stories"]) == 2


@pytest.mark.parametrize(
    ("name", "kind", "text"), [("film", "post", ""), ("reel", "reel", "A reel"), ("video_story", "story", "")]
)
def test_video_has_every_byte(published: Publication, film: Path, name: str, kind: str, text: str) -> None:
    """The feed video is sent by the uploader of the client, in the ranges that the simulator asks for."""
    post = published.post(name)
    content = film.read_bytes()
    assert post["record"]["video"] == {"sizeBytes": len(content), "checksum": str(Checksum.of(content))}
    assert (post["record"]["kind"], post["text"]) == (kind, text)


def test_comment_belongs_to_its_post(published: Publication) -> None:
    comment = published.post("comment")
    assert (comment["text"], comment["replyTo"]) == ("The first comment", published.printed["posts"]["many"])


def test_lists_show_posts_newest_first_without_stories(published: Publication) -> None:
    posts = published.printed["posts"]
    assert published.printed["listed"] == [posts[name] for name in ("film", "many", "photo", "link", "text")]
    assert "Deleted" not in published.texts()


def test_client_reads_permissions_and_tasks(published: Publication) -> None:
    assert set(published.printed["granted"]) == set(LOGIN.scopes)
    assert "CREATE_CONTENT" in published.printed["tasks"]


def test_refusals_have_the_form_that_the_client_reads(published: Publication) -> None:
    assert published.printed["refusals"] == [[400, 100, None], [400, 1, 1366051], [400, 100, 33]]
