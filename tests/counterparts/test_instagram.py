"""Meta's own client publishes to the simulator of Instagram, over TLS and at the hosts of Facebook Login."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from letmepost.domain.sandbox_pages import post_path
from letmepost.platforms.instagram.connect import SCOPES
from letmepost.platforms.instagram.simulator.page_login import APP
from tests.counterparts.conftest import OpenStage
from tests.counterparts.packages import CLIENTS
from tests.counterparts.stages import Publication

PROGRAMS = Path(__file__).parent / "python"


@pytest.fixture(scope="module", params=CLIENTS["instagram"])
async def published(
    request: pytest.FixtureRequest, open_stage: OpenStage, python: Path, require: Callable[[str], None]
) -> AsyncIterator[Publication]:
    """The work of the client: it finds the account of a Page, publishes containers, and is refused."""
    require(request.param)
    hosts = ("graph.facebook.com", "www.facebook.com")
    async with open_stage("instagram", request.param, *hosts, folder="/graph.facebook.com") as stage:
        given = {"client_id": APP.client_id, "client_secret": APP.client_secret, "scopes": SCOPES["facebook_login"]}
        yield await stage.run(python, PROGRAMS / "facebook_business_instagram.py", **given)


def test_image_is_visible_with_its_caption_character_for_character(published: Publication) -> None:
    post = published.post("image")
    assert post["text"] == "Hello from facebook-business & others: 100% ✓"
    assert post["accountId"] == published.printed["account"]
    assert (post["record"]["image_url"], post["record"]["alt_text"]) == ("https://media.test/1.jpg", "A cat")
    assert published.printed["permalink"].endswith(post_path(post["uri"]))


def test_lists_and_objects_that_the_client_encodes_are_understood(published: Publication) -> None:
    record = published.post("tagged")["record"]
    assert (record["location_id"], record["is_ai_generated"]) == ("106377336067638", "true")
    assert "alice" in record["collaborators"]
    assert "bob" in record["user_tags"]


def test_carousel_shows_its_pictures_in_order(published: Publication) -> None:
    media = published.post("carousel")["record"]["media"]
    assert [item["image_url"] for item in media] == ["https://media.test/3.jpg", "https://media.test/4.jpg"]


def test_story_is_in_its_own_list(published: Publication) -> None:
    posts = published.printed["posts"]
    assert published.printed["stories"] == [posts["story"]]
    assert published.printed["listed"] == [posts[name] for name in ("carousel", "tagged", "image")]


def test_comment_belongs_to_its_post(published: Publication) -> None:
    comment = published.post("comment")
    assert (comment["text"], comment["replyTo"]) == ("The first comment", published.printed["posts"]["image"])
    assert published.printed["comments"] == ["The first comment"]


def test_container_is_processed_before_it_can_be_published(published: Publication) -> None:
    statuses = published.printed["statuses"]
    assert (statuses[0], statuses[-1]) == ("IN_PROGRESS", "FINISHED")


def test_quota_counts_posts_and_stories(published: Publication) -> None:
    [quota] = published.printed["quota"]
    assert (quota["quota_usage"], quota["config"]["quota_total"]) == (4, 100)


def test_refusals_have_the_form_that_the_client_reads(published: Publication) -> None:
    assert published.printed["refusals"] == {"early": [9007, 2207027], "again": [24, 2207008], "long": [36004, 2207010]}
