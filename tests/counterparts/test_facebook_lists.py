"""Every request of the Facebook flows, and every reply of the simulator, has only what Meta's own client lists."""

from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from letmepost.domain.flow import Call, Extra, Live, Reply
from letmepost.platforms.facebook import PLATFORM
from tests.counterparts.graph_lists import GraphLists, Row
from tests.doubles.simulated import facts
from tests.doubles.worker import Worker
from tests.platforms.facebook.suite import SUITE

CLASSES = ("AdVideo", "Business", "Comment", "Page", "PagePost", "Permission", "Photo", "Stories", "User")
UNLISTED: Mapping[str, frozenset[str]] = {
    # https://developers.facebook.com/docs/video-api/guides/reels-publishing and publishing, read 2026-11-21
    "AdVideo": frozenset({"video_id", "upload_url", "upload_session_id", "start_offset", "end_offset"}),
    "Page": frozenset({"tasks"}),  # https://developers.facebook.com/docs/pages-api/manage-pages, read 2026-11-21
}
_ID = r"[0-9]+"
_POST = r"[0-9]+_[0-9]+"
ROWS = (
    Row("GET", "me", ("User", "Page")),
    Row("GET", "me/permissions", ("User",), "/permissions", result=("Permission",)),
    Row("GET", "me/accounts", ("User",), "/accounts", result=("Page",)),
    Row("GET", "me/businesses", ("User",), "/businesses", result=("Business",)),
    Row("GET", f"{_ID}/owned_pages", ("Business",), "/owned_pages", result=("Page",)),
    Row("GET", f"{_ID}/client_pages", ("Business",), "/client_pages", result=("Page",)),
    Row("POST", f"{_ID}/feed", ("Page",), "/feed"),
    Row("POST", f"{_ID}/photos", ("Page",), "/photos"),
    Row("POST", f"{_ID}/photo_stories", ("Page",), "/photo_stories"),
    Row("POST", f"{_ID}/videos", ("Page",), "/videos", result=("AdVideo",)),
    Row("POST", f"{_ID}/video_reels", ("Page",), "/video_reels", result=("AdVideo",)),
    Row("POST", f"{_ID}/video_stories", ("Page",), "/video_stories", result=("AdVideo",)),
    Row("POST", f"{_ID}/thumbnails", ("AdVideo",), "/thumbnails"),
    Row("GET", f"{_ID}/published_posts", ("Page",), "/published_posts", result=("PagePost",)),
    Row("GET", f"{_ID}/stories", ("Page",), "/stories", result=("Stories",)),
    Row("POST", f"{_POST}/comments", ("PagePost",), "/comments"),
    Row("GET", f"{_POST}/comments", ("PagePost",), "/comments", result=("Comment",)),
    Row("GET", _POST, ("PagePost", "Comment")),
    Row("DELETE", _POST, ("PagePost", "Comment")),
    Row("GET", _ID, ("Photo", "AdVideo", "PagePost", "Page")),
    Row("DELETE", _ID, ("Photo", "AdVideo", "PagePost")),
)


@pytest.fixture(scope="module")
async def lists(python: Path, require: Callable[[str], None]) -> GraphLists:
    require("facebook-business")
    return await GraphLists.read(python, CLASSES, UNLISTED)


def exchanged() -> tuple[list[tuple[Call, Reply]], str]:
    """Run every flow; return its calls with their replies, and the path of the simulator."""
    worker = Worker(platform=PLATFORM)
    worker.exchange(worker.consent("business")["code"])
    worker.run(PLATFORM.check(facts(worker.account), worker.settings))
    for content in SUITE.posts().values():
        post = worker.ready(worker.account, **content)
        said = worker.finish(post)
        for intent in worker.intents():
            worker.look_for(post, intent)
        uris = list(dict.fromkeys(what.uri for what in said if isinstance(what, Live | Extra)))
        assert PLATFORM.is_there is not None
        assert PLATFORM.unpublish is not None
        worker.run(PLATFORM.is_there(facts(worker.account), uris[0], worker.settings))
        worker.run(PLATFORM.unpublish(facts(worker.account), uris, worker.settings))
    pairs = zip(worker.calls, worker.replies, strict=True)
    # Meta's client has no token endpoint and no upload host.
    listed = [pair for pair in pairs if "/oauth/" not in pair[0].url and "/video-upload/" not in pair[0].url]
    return listed, urlsplit(worker.root).path


async def test_parameters_and_fields_are_those_of_metas_client(lists: GraphLists) -> None:
    exchanges, root = exchanged()
    assert len(exchanges) > 20
    assert lists.problems(exchanges, ROWS, root=root) == []


async def test_unknown_parameter_and_field_are_reported(lists: GraphLists) -> None:
    exchanges, root = exchanged()
    call, reply = next(pair for pair in exchanges if pair[0].url.endswith("/feed"))
    form = {**(call.form or {}), "media": "1", "attached_media[7]": "{}"}
    changed = Call(method=call.method, url=call.url, form=form, query=(("fields", "nonsense"),))
    body = Reply(status=200, body=b'{"id": "1", "permalink": "x"}', received_at=reply.received_at)
    assert lists.problems([(changed, body)], ROWS, root=root) == [
        "POST Page/feed: the parameter media is not listed",
        "POST Page/feed: the requested field nonsense is not listed",
        "POST Page/feed: the returned field permalink is not listed",
    ]


async def test_call_without_a_row_is_reported(lists: GraphLists) -> None:
    exchanges, root = exchanged()
    assert "GET me: no row" in lists.problems(exchanges, ROWS[1:], root=root)
