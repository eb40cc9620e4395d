"""A client of another author publishes to the simulator of Threads, over TLS and at the host of Threads."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from letmepost.platforms.threads.simulator.tokens import APP
from tests.counterparts.conftest import OpenStage
from tests.counterparts.packages import CLIENTS
from tests.counterparts.stages import Publication

PROGRAMS = Path(__file__).parent / "python"


@pytest.fixture(scope="module", params=CLIENTS["threads"])
async def published(
    request: pytest.FixtureRequest, open_stage: OpenStage, python: Path, require: Callable[[str], None]
) -> AsyncIterator[Publication]:
    """The work of the client: it exchanges a code, publishes, and is refused."""
    require(request.param)
    async with open_stage("threads", request.param, "graph.threads.net") as stage:
        account = await stage.new_account()
        given = {"client_id": APP.client_id, "client_secret": APP.client_secret, "code": account["code"]}
        yield await stage.run(python, PROGRAMS / "threads_pipe.py", **given)


def test_text_is_visible_character_for_character(published: Publication) -> None:
    first = published.post("first")
    assert first["text"] == "Hello from threadspipepy & others: 100% ✓"
    assert (first["accountId"], first["replyTo"]) == (str(published.printed["user_id"]), None)


def test_reply_follows_the_first_post(published: Publication) -> None:
    reply = published.post("reply")
    assert (reply["text"], reply["replyTo"]) == ("A reply", published.printed["posts"]["first"])


def test_picture_has_its_alternative_text(published: Publication) -> None:
    [picture] = published.post("picture")["record"]["media"]
    assert (picture["image_url"], picture["alt_text"]) == ("https://media.test/red.png", "A red picture")


def test_carousel_shows_its_pictures_in_order(published: Publication) -> None:
    media = published.post("carousel")["record"]["media"]
    assert [item["image_url"] for item in media] == ["https://media.test/1.png", "https://media.test/2.png"]


def test_text_that_the_client_divides_is_a_thread(published: Publication) -> None:
    """The client sends no text that is too long: it divides the text by the same limit."""
    first, second = published.printed["parts"]
    [head] = [post for post in published.posts if post["uri"] == first]
    [tail] = [post for post in published.posts if post["uri"] == second]
    assert (len(head["text"]), tail["replyTo"]) == (500, first)
    assert tail["text"].endswith("b" * 300)


def test_quota_counts_posts_without_replies(published: Publication) -> None:
    [quota] = published.printed["quota"]
    replies = [post for post in published.posts if post["replyTo"] is not None]
    assert quota["quota_usage"] == len(published.posts) - len(replies)
    assert quota["config"] == {"quota_total": 250, "quota_duration": 86_400}


def test_refusals_have_the_form_that_the_client_reads(published: Publication) -> None:
    missing, unauthorized = (refusal["error"]["error"] for refusal in published.printed["refusals"])
    assert (missing["code"], missing["error_subcode"]) == (24, 4279009)
    assert unauthorized["code"] == 190
    assert len(published.posts) == 6
