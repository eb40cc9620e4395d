"""Pages for browsers, without sockets."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import httpx2
import pytest
from starlette.routing import Route

from letmepost.domain.sandbox_pages import PICTURE_PATH, account_path, post_path, sign_link
from letmepost.platforms.simulation import SimulatedMedia, SimulatedPost, SimulatedProfile, State
from letmepost.sandbox import Store
from letmepost.sandbox.pages.access import PageAccess
from letmepost.sandbox.pages.front import ClockRefusedError
from tests.sandbox.support import CONTROL, PLATFORMS, Surroundings, open_client

KEY = "the-key-of-links"
HOSTILE = """<script>alert(1)</script> " onmouseover="alert(2) javascript:alert(3) {{ 7 * 7 }} \u202eevil\u2066 &lt;"""


class Content(HTMLParser):
    """The text, links and tags of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = ""
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.feed(page)

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "action"}]

    def handle_data(self, data: str) -> None:
        self.text += data


def signed(path: str, world: str = "org_1", *, key: str = KEY, clock: Surroundings, valid_for_s: float = 60) -> str:
    query = sign_link(key, world, clock.now() + timedelta(seconds=valid_for_s))
    return f"{path}?expires={query['expires']}&signature={query['signature']}"


@pytest.fixture
async def pages(surroundings: Surroundings, store: Store) -> AsyncIterator[httpx2.AsyncClient]:
    """Return a client of a sandbox whose pages need signed links."""
    async with open_client(surroundings.app(store, pages=PageAccess(key=KEY))) as client:
        yield client


@pytest.fixture
async def open_pages(surroundings: Surroundings, store: Store) -> AsyncIterator[httpx2.AsyncClient]:
    """Return a client of a sandbox that shows every page."""
    async with open_client(surroundings.app(store, pages=PageAccess(is_open=True))) as client:
        yield client


async def test_post_page_shows_the_text(open_pages: httpx2.AsyncClient) -> None:
    await open_pages.post("/org_1/notes/notes", content=b"Hello")
    page = await open_pages.get(f"/org_1/notes{post_path('note/0001')}")
    assert page.status_code == 200
    assert "Hello" in Content(page.text).text
    assert page.headers["content-type"] == "text/html; charset=utf-8"


async def test_hostile_text_is_shown_as_text(open_pages: httpx2.AsyncClient) -> None:
    await open_pages.post("/org_1/notes/notes", content=HOSTILE.encode())
    for path in (post_path("note/0001"), "/-/"):
        page = await open_pages.get(f"/org_1/notes{path}")
        content = Content(page.text)
        assert HOSTILE in content.text
        assert page.text.count("<script") == 1, "its own, which the policy allows"
        assert not [name for name in content.attributes if name.startswith("on")]
        assert all(link.startswith("/org_1/") for link in content.links)
        assert '<div class="text" dir="auto">' in page.text
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'nonce-")
        assert "unsafe" not in policy
        assert page.headers["referrer-policy"] == "no-referrer"


async def test_timeline_shows_the_newest_post_first(open_pages: httpx2.AsyncClient) -> None:
    for text in (b"first", b"second"):
        await open_pages.post("/org_1/notes/notes", content=text)
    shown = Content((await open_pages.get("/org_1/notes/-/")).text).text
    assert shown.index("second") < shown.index("first")


async def test_world_page_lists_the_networks(open_pages: httpx2.AsyncClient) -> None:
    await open_pages.post("/org_1/notes/notes", content=b"Hello")
    content = Content((await open_pages.get("/org_1/-/")).text)
    assert [link for link in content.links if "#" not in link] == ["/org_1/notes/-/", "/org_1/pins/-/"]
    counts = [line for line in content.text.splitlines() if line.endswith((" post", " posts"))]
    assert counts == ["Notes 1 post", "Pins 0 posts"]
    assert "Everything works." in content.text


async def test_world_page_shows_the_time_of_the_world(
    open_pages: httpx2.AsyncClient, surroundings: Surroundings
) -> None:
    await open_pages.put("/control/org_1/clock", json={"aheadS": 3600}, headers=CONTROL)
    shown = Content((await open_pages.get("/org_1/-/")).text).text
    assert f"{surroundings.now() + timedelta(hours=1):%d %b %Y, %H:%M:%S} UTC" in shown


async def test_front_page_lists_worlds_only_if_pages_are_open(
    open_pages: httpx2.AsyncClient, surroundings: Surroundings, store: Store
) -> None:
    assert Content((await open_pages.get("/")).text).links == []
    for world in ("org_2", "org_1"):
        await open_pages.post(f"/{world}/notes/notes", content=b"Hello")
    assert Content((await open_pages.get("/")).text).links == ["/org_1/-/", "/org_2/-/"]
    async with open_client(surroundings.app(store, pages=PageAccess(key=KEY))) as client:
        for url in ("/", signed("/", clock=surroundings)):
            refused = await client.get(url)
            assert refused.status_code == 403
            assert "org_" not in refused.text


async def test_account_page_shows_the_account_and_only_its_posts(surroundings: Surroundings, store: Store) -> None:
    posts = [
        SimulatedPost(uri=text, account_id=author, text=text, created_at="")
        for author, text in (("1", "of one"), ("2", "of two"), ("gone", "of a deleted account"))
    ]
    profiles = [SimulatedProfile(account_id="1", handle="one", name="<One>", scenario="flaky")]
    notes = PLATFORMS["notes"]
    simulator = replace(notes.simulator, posts=lambda _state: posts, profiles=lambda _state: profiles)
    app = surroundings.app(store, {"notes": replace(notes, simulator=simulator)}, PageAccess(is_open=True))
    async with open_client(app) as client:
        shown = Content((await client.get(f"/org_1/notes{account_path('1')}")).text)
        assert all(text in shown.text for text in ("<One>", "@one", "flaky", "of one"))
        assert "of two" not in shown.text
        assert "of a deleted account" in (await client.get(f"/org_1/notes{account_path('gone')}")).text
        assert (await client.get(f"/org_1/notes{account_path('other')}")).status_code == 404
        world = Content((await client.get("/org_1/-/")).text)
        found = [link for link in world.links if "#" not in link]
        assert found == ["/org_1/notes/-/", f"/org_1/notes{account_path('1')}"]


async def test_conversation_shows_parents_and_replies_once(surroundings: Surroundings, store: Store) -> None:
    chain = {"a": None, "b": "a", "c": "b", "other": None, "loop": "loop"}

    def posts(_state: State) -> list[SimulatedPost]:
        return [
            SimulatedPost(uri=uri, account_id="me", text=f"words {uri}!", created_at="", reply_to=above)
            for uri, above in chain.items()
        ]

    notes = PLATFORMS["notes"]
    platforms = {"notes": replace(notes, simulator=replace(notes.simulator, posts=posts))}
    app = surroundings.app(store, platforms, PageAccess(is_open=True))
    async with open_client(app) as client:
        shown = {
            uri: Content((await client.get(f"/org_1/notes{post_path(uri)}")).text).text for uri in ("a", "b", "loop")
        }
    for uri in ("a", "b"):
        assert [shown[uri].count(f"words {one}!") for one in chain] == [1, 1, 1, 0, 0]
        assert shown[uri].index("words a!") < shown[uri].index("words b!") < shown[uri].index("words c!")
    assert shown["loop"].count("words loop!") == 1


async def test_page_of_an_unknown_post_is_not_found(open_pages: httpx2.AsyncClient) -> None:
    page = await open_pages.get(f"/org_1/notes{post_path('note/0009')}")
    assert page.status_code == 404
    assert "No such post" in page.text


async def test_signed_link_opens_every_page_of_its_world(pages: httpx2.AsyncClient, surroundings: Surroundings) -> None:
    await pages.post("/org_1/notes/notes", content=b"Hello")
    waiting, seen = [signed("/org_1/-/", clock=surroundings)], set[str]()
    while waiting:
        url = waiting.pop()
        page = await pages.get(url)
        assert page.status_code == 200, url
        seen.add(url.partition("?")[0])
        waiting += [link for link in Content(page.text).links if link.partition("?")[0] not in seen]
    of_post = {f"/org_1/notes{post_path('note/0001')}", f"/org_1/notes{account_path('me')}"}
    assert seen == {"/org_1/-/", "/org_1/notes/-/", "/org_1/pins/-/", *of_post}


PROTECTED = {
    "/{world}/-/": "/-/",
    "/{world}/-/clock": "/-/clock",
    "/{world}/{platform}/-/": "/notes/-/",
    "/{world}/{platform}/-/live": "/notes/-/live",
    "/{world}/{platform}/-/accounts/{account}": f"/notes{account_path('me')}",
    "/{world}/{platform}/-/posts/{post}": f"/notes{post_path('note/0001')}",
    "/{world}/{platform}/-/posts/{post}/media/{index:int}": f"/notes{post_path('note/0001')}/media/0",
}
"""A path of each route that shows or changes something of an organization."""


async def test_every_route_below_a_world_is_protected_or_public(surroundings: Surroundings, store: Store) -> None:
    app = surroundings.app(store, pages=PageAccess(key=KEY), move_clock=never)
    found = {route.path for route in app.routes if isinstance(route, Route) and "/-/" in route.path}
    assert found - {f"/{{world}}/{{platform}}{PICTURE_PATH}"} == set(PROTECTED)


async def never(_world: str, _seconds: float) -> None:
    raise AssertionError("the clock must not move")


@pytest.mark.parametrize("path", [*PROTECTED.values(), "/-/?network=notes", f"/notes{post_path('none')}"])
async def test_page_is_refused_without_a_valid_link_of_its_world(
    surroundings: Surroundings, store: Store, path: str
) -> None:
    bare, _, more = path.partition("?")
    more = f"&{more}" if more else ""

    def link(world: str = "org_1", **how: Any) -> str:
        return signed(f"/org_1{bare}", world, clock=surroundings, **how) + more

    valid = link()
    expires = str(int((surroundings.now() + timedelta(days=900)).timestamp()))
    urls = {
        "unsigned": f"/org_1{path}",
        "other world": link("org_2"),
        "expired": link(valid_for_s=-1),
        "other key": link(key="another-key"),
        "changed signature": valid.replace("signature=", "signature=0"),
        "later expiry": valid.replace("expires=", f"expires={expires}&was="),
        "no number": f"/org_1{bare}?expires=x&signature=é{more}",
        "world in another case": valid.replace("/org_1", "/ORG_1"),
    }
    app = surroundings.app(store, pages=PageAccess(key=KEY), move_clock=never)
    async with open_client(app) as client:
        await client.post("/org_1/notes/notes?word=a-secret-call", content=b"a secret")
        token = form_token((await client.get(signed("/org_1/-/", clock=surroundings))).text)
        for name, url in urls.items():
            form = {"token": token, "amount": "1", "unit": "hours"}
            page = await (client.post(url, data=form) if bare.endswith("clock") else client.get(url))
            assert page.status_code == 403, name
            assert "secret" not in page.text
            assert Content(page.text).links == []


def form_token(page: str) -> str:
    """Return what the forms of a page contain so that other sites cannot send them."""
    found: str = re.findall(r'name="token" value="([^"]+)"', page)[0]
    return found


async def test_clock_moves_by_the_forms_of_its_own_page_only(surroundings: Surroundings, store: Store) -> None:
    moved = list[tuple[str, float]]()

    async def move_clock(world: str, seconds: float) -> None:
        if seconds > 100_000:
            raise ClockRefusedError("That is <too> far.")
        moved.append((world, seconds))

    app = surroundings.app(store, pages=PageAccess(key=KEY), move_clock=move_clock)
    async with open_client(app) as client:
        front, url = signed("/org_1/-/", clock=surroundings), signed("/org_1/-/clock", clock=surroundings)
        token = form_token((await client.get(front)).text)
        of_other = form_token((await client.get(signed("/org_2/-/", "org_2", clock=surroundings))).text)
        for wrong in ({}, {"token": ""}, {"token": of_other}, {"token": token[:-1] + "é"}):
            page = await client.post(url, data={**wrong, "amount": "1", "unit": "hours"})
            assert (page.status_code, "Send the form again." in page.text) == (403, True)
        done = await client.post(url, data={"token": token, "amount": "2", "unit": "minutes"})
        assert (done.status_code, done.headers["location"]) == (303, front)
        later = f"{surroundings.now() + timedelta(seconds=90):%Y-%m-%dT%H:%M:%S}"
        assert (await client.post(url, data={"token": token, "to": later})).status_code == 303
        assert moved == [("org_1", 120.0), ("org_1", 90.0)]
        refused: tuple[dict[str, str], ...] = (
            {"amount": "-1", "unit": "hours"},
            {"amount": "nan", "unit": "hours"},
            {"amount": "367", "unit": "days"},
            {"amount": "1", "unit": "years"},
            {"amount": "x", "unit": "hours"},
            {"to": "2001-01-01T00:00"},
            {"to": "soon"},
            {},
        )
        for form in refused:
            page = await client.post(url, data={"token": token, **form})
            assert (page.status_code, 'role="alert"' in page.text) == (400, True), form
        page = await client.post(url, data={"token": token, "amount": "30", "unit": "days"})
        assert (page.status_code, "That is &lt;too&gt; far." in page.text) == (400, True)
        assert len(moved) == 2


async def test_page_without_a_way_to_move_the_clock_has_no_form(open_pages: httpx2.AsyncClient) -> None:
    page = await open_pages.get("/org_1/-/")
    assert "<form" not in page.text
    assert "POST /v1/sandbox/clock" in page.text
    assert (await open_pages.post("/org_1/-/clock", data={"amount": "1", "unit": "hours"})).status_code == 403


async def test_pages_are_closed_by_default(client: httpx2.AsyncClient, surroundings: Surroundings) -> None:
    for url in ("/org_1/-/", signed("/org_1/-/", clock=surroundings), signed("/org_1/-/", key="", clock=surroundings)):
        assert (await client.get(url)).status_code == 403


async def wait_for_event(client: httpx2.AsyncClient, page: str, url: str) -> str:
    """Return what the page at `url` receives after its content was `page`."""
    [live] = re.findall(r'new EventSource\("([^"]+)"\)', page)
    reply = await client.get(json.loads(f'"{live}"'))
    assert reply.headers["content-type"] == "text/event-stream; charset=utf-8", url
    return reply.text


@pytest.mark.parametrize("path", ["/-/", post_path("note/0001"), post_path("note/0002"), account_path("me")])
async def test_page_is_told_to_reload_when_followers_see_another_post(
    pages: httpx2.AsyncClient, surroundings: Surroundings, path: str
) -> None:
    await pages.post("/org_1/notes/notes", content=b"first")
    url = signed(f"/org_1/notes{path}", clock=surroundings)
    page = (await pages.get(url)).text
    waiting = asyncio.create_task(wait_for_event(pages, page, url))
    await pages.get("/org_1/notes/notes")
    await pages.post("/org_2/notes/notes", content=b"of another organization")
    assert not waiting.done()
    await pages.post("/org_1/notes/notes", content=b"second")
    assert "data: changed" in await waiting
    assert "data: changed" in await wait_for_event(pages, page, url), "the change was before the stream"


async def test_page_is_told_to_reload_after_a_reset(open_pages: httpx2.AsyncClient) -> None:
    await open_pages.post("/org_1/notes/notes", content=b"first")
    page = (await open_pages.get("/org_1/notes/-/")).text
    waiting = asyncio.create_task(wait_for_event(open_pages, page, ""))
    await open_pages.get("/org_1/notes/notes")
    await open_pages.delete("/control/org_1", headers=CONTROL)
    assert "data: changed" in await waiting


async def test_events_are_refused_without_a_valid_link(pages: httpx2.AsyncClient, surroundings: Surroundings) -> None:
    for url in ("/org_1/notes/-/live", signed("/org_1/notes/-/live", "org_2", clock=surroundings)):
        assert (await pages.get(url)).status_code == 403


PNG = b"\x89PNG\r\n\x1a\n"


async def test_picture_of_a_network_needs_no_link(pages: httpx2.AsyncClient) -> None:
    picture = await pages.get(f"/org_1/notes{PICTURE_PATH}")
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/svg+xml")
    assert ">N</text>" in picture.text
    assert (await pages.get(f"/org_1/other{PICTURE_PATH}")).status_code == 404


async def test_post_page_shows_the_stored_media_of_the_post_only(surroundings: Surroundings, store: Store) -> None:
    media = (
        SimulatedMedia(kind="image", description='"><script>', parts=("first", "second")),
        SimulatedMedia(kind="image", description="not an image", parts=("page",)),
        SimulatedMedia(kind="video"),
        SimulatedMedia(kind="video", size_bytes=30 * 2**20, checksum="c0ffee"),
    )
    post = SimulatedPost(uri="a", account_id="me", text="", created_at="", media=media)
    notes = PLATFORMS["notes"]
    simulator = replace(notes.simulator, posts=lambda _state: [post])
    app = surroundings.app(store, {"notes": replace(notes, simulator=simulator)}, PageAccess(key=KEY))
    files = {"first": PNG, "second": b"rest", "page": b"<script>alert(1)</script>", "hidden": PNG}
    await store.save_files("org_1", "notes", files)
    async with open_client(app) as client:
        page = await client.get(signed(f"/org_1/notes{post_path('a')}", clock=surroundings))
        assert page.text.count("<script") == 1
        assert "img-src 'self'; media-src 'self'" in page.headers["content-security-policy"]
        assert "30.0 MiB" in page.text
        assert "c0ffee" in page.text
        sources = [link for link in Content(page.text).links if "/media/" in link]
        assert [source.partition("?")[0][-8:] for source in sources] == ["/media/0", "/media/1"]
        image, refused = [await client.get(source) for source in sources]
        assert (image.status_code, image.content) == (200, PNG + b"rest")
        assert image.headers["content-type"] == "image/png"
        assert image.headers["x-content-type-options"] == "nosniff"
        assert refused.status_code == 404
        for index in ("2", "3", "4"):
            assert (await client.get(sources[0].replace("/media/0", f"/media/{index}"))).status_code == 404
        for query in ("", signed("", "org_2", clock=surroundings)):
            assert (await client.get(sources[0].partition("?")[0] + query)).status_code == 403
