"""Google's own client publishes to the simulator, over TLS and at the hosts of Google."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from letmepost.domain.received import Checksum
from letmepost.platforms.youtube.simulator.oauth import APP
from tests.counterparts.conftest import OpenStage
from tests.counterparts.packages import CLIENTS
from tests.counterparts.stages import Publication

SCRIPT = Path(__file__).parent / "python/google_api_client_youtube.py"
HOSTS = ("accounts.google.com", "oauth2.googleapis.com", "youtube.googleapis.com")
PART = 256 * 1024
SIZE = 4 * PART + 5
SCENARIOS = ("interrupted", "short_parts", "moved_upload")


@pytest.fixture(scope="module", params=CLIENTS["youtube"])
async def published(
    request: pytest.FixtureRequest, open_stage: OpenStage, python: Path, require: Callable[[str], None]
) -> AsyncIterator[Publication]:
    """The work of the client: it gets consent, uploads in parts, adds everything else, deletes, and is refused."""
    require(request.param)
    async with open_stage("youtube", request.param, *HOSTS) as stage:
        codes = {scenario: (await stage.new_account(scenario))["code"] for scenario in SCENARIOS}
        client = {"client_id": APP.client_id, "client_secret": APP.client_secret}
        yield await stage.run(python, SCRIPT, **client, codes=codes, size=SIZE)


def test_video_is_visible_character_for_character(published: Publication) -> None:
    first = published.post("first")
    assert first["text"] == "About First & others: 100% ✓"
    assert first["record"]["status"] == {"privacyStatus": "public", "selfDeclaredMadeForKids": False}
    assert first["record"]["thumbnail"] is True
    assert "About Deleted & others: 100% ✓" not in published.texts()


def test_file_is_sent_in_parts(published: Publication) -> None:
    assert published.printed["offsets"]["first"] == [PART, 2 * PART, 3 * PART, 4 * PART]
    assert published.printed["failures"]["first"] == []


@pytest.mark.parametrize(
    ("scenario", "offsets", "failures"),
    [
        pytest.param("interrupted", [PART, 2 * PART, 3 * PART, 4 * PART], [503], id="interrupted"),
        pytest.param("short_parts", [0, PART, 2 * PART, 3 * PART, 4 * PART], [], id="short parts"),
        pytest.param("moved_upload", [0, PART, 2 * PART, 3 * PART, 4 * PART], [], id="moved"),
    ],
)
def test_upload_continues_after_a_fault(
    published: Publication, scenario: str, offsets: list[int], failures: list[int]
) -> None:
    assert published.printed["offsets"][scenario] == offsets
    assert published.printed["failures"][scenario] == failures


@pytest.mark.parametrize("name", ["first", *SCENARIOS])
def test_file_arrives_byte_for_byte(published: Publication, name: str) -> None:
    file = bytes(index % 251 for index in range(SIZE))
    assert published.post(name)["record"]["video"] == {"sizeBytes": SIZE, "checksum": str(Checksum.of(file))}


def test_everything_else_is_added_to_the_video(published: Publication) -> None:
    printed, comment = published.printed, published.post("comment")
    assert (comment["text"], comment["replyTo"]) == ("A comment", printed["posts"]["first"])
    assert (printed["thumbnail"], printed["caption"]) == (120, "serving")
    assert printed["changed"] == ["Changed", ["a", "two words"]]
    assert printed["listed"] == [printed["posts"]["first"]]


def test_token_is_refreshed(published: Publication) -> None:
    assert published.printed["refreshed"] is True


def test_refusals_have_the_form_that_the_client_reads(published: Publication) -> None:
    assert published.printed["refusals"] == [[400, "invalidTitle"], [404, "videoNotFound"]]
