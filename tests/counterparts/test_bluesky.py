"""Clients of other authors publish to the simulator of Bluesky."""

import base64
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from letmepost.domain.received import Checksum
from tests.counterparts.conftest import OpenStage
from tests.counterparts.packages import CLIENTS
from tests.counterparts.stages import Publication
from tests.gateways.movies import movie
from tests.http.support import png
from tests.npm import Node, node_for

HERE = Path(__file__).parent
FILM = movie()


@pytest.fixture(scope="module", params=CLIENTS["bluesky"])
async def published(request: pytest.FixtureRequest, open_stage: OpenStage) -> AsyncIterator[Publication]:
    """The work of one client: it signs in, publishes, deletes, and is refused."""
    client: str = request.param
    program: tuple[Path, Path] = request.getfixturevalue("in_python" if client == "atproto" else "in_node")
    async with open_stage("bluesky", client.replace("/", "-").strip("@")) as stage:
        account = await stage.new_account()
        given = {"url": stage.url, "identifier": account["identifier"], "password": account["appPassword"]}
        files = {"picture": png(), "film": FILM}
        encoded = {name: base64.b64encode(content).decode() for name, content in files.items()}
        yield await stage.run(*program, **given, **encoded)


@pytest.fixture(scope="session")
def in_python(python: Path, require: Callable[[str], None]) -> tuple[Path, Path]:
    """The program that uses the package of PyPI."""
    require("atproto")
    return python, HERE / "python/bluesky_atproto.py"


@pytest.fixture(scope="session")
def in_node(node: Node, install_packages: Callable[[Path], Path]) -> tuple[Path, Path]:
    """The program that uses the package of npm."""
    installed = install_packages(HERE / "node")
    return Path(node_for(installed, node).node), installed / "bluesky_api.mjs"


def test_text_is_stored_with_its_facets(published: Publication) -> None:
    first = published.post("first")
    assert first["text"].startswith("Hello from ")
    text = first["text"].encode()
    marked = {
        text[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode(): facet["features"][0]
        for facet in first["record"]["facets"]
    }
    tags = {name: feature["tag"] for name, feature in marked.items() if "tag" in feature}
    assert set(tags.values()) == {"atproto"}
    mentioned = {feature["did"] for feature in marked.values() if "did" in feature}
    assert mentioned <= {published.printed["did"]}


def test_post_is_read_back_with_the_same_version(published: Publication) -> None:
    assert published.printed["read"] == [published.printed["cid"], published.post("first")["text"]]


def test_reply_and_quote_refer_to_the_first_post(published: Publication) -> None:
    uri = published.printed["posts"]["first"]
    assert published.post("first")["replyTo"] is None
    assert published.post("reply")["replyTo"] == uri
    assert published.post("quote")["record"]["embed"]["record"]["uri"] == uri


def test_picture_has_its_alternative_text(published: Publication) -> None:
    [image] = published.post("picture")["record"]["embed"]["images"]
    assert image["alt"] == "A red picture"
    assert (image["image"]["mimeType"], image["image"]["size"]) == ("image/png", len(png()))


def test_video_is_stored_whole_with_its_alternative_text(published: Publication) -> None:
    record = published.post("video")["record"]
    assert (record["embed"]["alt"], record["embed"]["video"]["mimeType"]) == ("A black film", "video/mp4")
    assert record["video"] == {"sizeBytes": len(FILM), "checksum": str(Checksum.of(FILM))}


def test_deleted_post_is_gone(published: Publication) -> None:
    assert published.printed["deleted"] is True
    assert "Deleted" not in published.texts()
    assert len(published.posts) == len(published.printed["posts"])


def test_text_that_is_too_long_raises_the_error_of_the_client(published: Publication) -> None:
    refusal = published.printed["refusal"]
    assert refusal["type"] in {"BadRequestError", "XRPCError"}
    assert (refusal["status"], refusal["error"]) == (400, "InvalidRequest")
