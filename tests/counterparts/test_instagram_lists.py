"""Every request of the Instagram flows, and every reply of the simulator, has only what Meta's own client lists."""

from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from letmepost.domain.flow import Call, Extra, Live, Reply
from letmepost.platforms.contract import Platform
from tests.counterparts.graph_lists import GraphLists, Row
from tests.doubles.simulated import facts
from tests.doubles.worker import Worker
from tests.platforms.instagram.suite import EXAMPLES, FACEBOOK, INSTAGRAM, poll

CLASSES = (
    "Business",
    "ContentPublishingLimitResponse",
    "IGComment",
    "IGMedia",
    "IGMediaForIGOnlyAPI",
    "IGUser",
    "IGUserForIGOnlyAPI",
    "Page",
    "Permission",
    "ShadowIGMediaBuilder",
    "User",
)
UNLISTED: Mapping[str, frozenset[str]] = {
    # https://developers.facebook.com/docs/instagram-platform/reference/instagram-media, read 2026-11-28
    # https://developers.facebook.com/docs/instagram-platform/content-publishing/resumable-uploads, read 2026-11-21
    "IGMedia": frozenset({"deleted_id", "uri"}),
    "Page": frozenset({"tasks"}),  # https://developers.facebook.com/docs/pages-api/manage-pages, read 2026-11-21
}
_ID = r"[0-9]+"
_USERS = ("IGUser", "IGUserForIGOnlyAPI")
_MEDIA = ("IGMedia", "IGMediaForIGOnlyAPI")
ROWS = (
    Row("GET", "me", ("User", "Page", "IGUserForIGOnlyAPI")),
    Row("GET", "me/permissions", ("User",), "/permissions", result=("Permission",)),
    Row("GET", "me/accounts", ("User",), "/accounts", result=("Page", "IGUser")),
    Row("GET", "me/businesses", ("User",), "/businesses", result=("Business",)),
    Row("GET", f"{_ID}/(owned|client)_pages", ("Business",), "/owned_pages", result=("Page", "IGUser")),
    Row("POST", f"{_ID}/media", _USERS, "/media", result=_MEDIA),
    Row("POST", f"{_ID}/media_publish", ("IGUser",), "/media_publish", result=_MEDIA),
    Row(
        "GET",
        f"{_ID}/content_publishing_limit",
        _USERS,
        "/content_publishing_limit",
        result=("ContentPublishingLimitResponse",),
    ),
    Row("GET", f"{_ID}/media", _USERS, "/media", result=_MEDIA),
    Row("GET", f"{_ID}/stories", _USERS, "/stories", result=_MEDIA),
    Row("POST", f"{_ID}/comments", _MEDIA, "/comments", result=("IGComment",)),
    Row("GET", f"{_ID}/comments", _MEDIA, "/comments", result=("IGComment",)),
    Row("GET", _ID, ("ShadowIGMediaBuilder", "IGMedia", "IGUser", "Page")),
    Row("DELETE", _ID, ("IGMedia", "IGComment")),
)
_UNLISTED_EDGES = ("/poll_attachment", "/prompt_response")
"""Documented on 2026-09-28, and not in the client of 2026-10."""


@pytest.fixture(scope="module")
async def lists(python: Path, require: Callable[[str], None]) -> GraphLists:
    require("facebook-business")
    return await GraphLists.read(python, CLASSES, UNLISTED)


def exchanged(platform: Platform) -> tuple[list[tuple[Call, Reply]], str]:
    """Run every flow; return its calls with their replies, and the path of the simulator's API."""
    worker = Worker(platform=platform)
    is_facebook = platform is FACEBOOK
    worker.exchange(worker.consent("business" if is_facebook else "allow")["code"])
    worker.run(platform.check(facts(worker.account), worker.settings))
    for content in (*EXAMPLES.values(), *((poll("a", "b"),) if is_facebook else ())):
        post = worker.ready(worker.account, **content)
        said = worker.finish(post)
        for intent in worker.intents():
            worker.look_for(post, intent)
        uris = list(dict.fromkeys(what.uri for what in said if isinstance(what, Live | Extra)))
        if platform.unpublish is not None:
            worker.run(platform.unpublish(facts(worker.account), uris, worker.settings))
    host = "graph.facebook.com" if is_facebook else "graph.instagram.com"
    root = f"{urlsplit(worker.root).path}/{host}"
    pairs = zip(worker.calls, worker.replies, strict=True)
    # Meta's client has no token endpoint.
    return [
        (call, reply)
        for call, reply in pairs
        if f"{root}/v" in call.url and "/oauth/" not in call.url and not call.url.endswith(_UNLISTED_EDGES)
    ], root


@pytest.mark.parametrize("platform", [INSTAGRAM, FACEBOOK], ids=["instagram", "facebook"])
async def test_parameters_and_fields_are_those_of_metas_client(lists: GraphLists, platform: Platform) -> None:
    exchanges, root = exchanged(platform)
    assert len(exchanges) > 20
    assert lists.problems(exchanges, ROWS, root=root) == []
