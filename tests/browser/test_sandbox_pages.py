"""The pages of the sandbox: on small, large, light and dark screens, and for people with disabilities."""

import struct
import zlib
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import httpx2
import pytest

from letmepost.domain.content import ThreadPart
from letmepost.domain.sandbox_pages import account_path, post_path
from letmepost.gateways.clock import SystemClock
from letmepost.platforms import discover
from letmepost.platforms._kit.simulator.oauth.consent_page import consent_page, error_page
from letmepost.sandbox import Store, open_store
from letmepost.sandbox.app import create_app
from letmepost.sandbox.pages.access import PageAccess
from tests.browser.checks import SCREENS, barriers, loaded_from_elsewhere
from tests.browser.chromium import Tab
from tests.deployment import SANDBOX_TOKEN, serving
from tests.doubles.media import STARTS, image
from tests.doubles.waiting import eventually
from tests.doubles.worker import Worker
from tests.platforms.suite.suites import SUITES
from tests.sandbox.support import Surroundings

TEXT = "Grüße 🎉 from <script>document.title='broken'</script> https://example.org/" + "long" * 60
NAMES = sorted(discover())
FIRST = NAMES[0]
_EXAMPLES = ("text", "image", "images", "video", "comment", "document")


async def _no_sleep(_seconds: float) -> None:
    """Delay nothing."""


def _picture(red: int, green: int, blue: int) -> bytes:
    """Return a PNG of one color, 320 by 200 pixels (https://www.w3.org/TR/png-3/)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + bytes((red, green, blue)) * 320) * 200
    header = struct.pack(">IIBBBBB", 320, 200, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@dataclass(frozen=True, slots=True)
class World:
    """A served world, and the paths of its pages."""

    url: str
    paths: dict[str, str]


async def _publish(store: Store, name: str) -> Worker:
    """Publish examples on a network, and store its state. Images are replaced by ones that a browser can decode."""
    worker, posts = Worker(platform=discover()[name]), SUITES[name].posts()
    worker.connect("flaky")
    worker.connect("ok")
    for example in _EXAMPLES:
        if example in posts:
            worker.work(worker.ready(worker.account, **posts[example]))
            worker.advance(hours=1)
    if "thread" in posts:
        media = (image(1, alt_text="A cat on a fence"), image(2, alt_text="The same cat, asleep"))
        parts = (ThreadPart(text="\u202eThe second part\nwith two lines", media=media), ThreadPart(text="The third"))
        worker.work(worker.ready(worker.account, text=TEXT[:250], thread=parts, first_comment="A comment"))
    files = {
        at: _picture(40 * number % 255, 120, 200) if content.startswith(STARTS["image/jpeg"]) else content
        for number, (at, content) in enumerate(worker.files.items())
    }
    await store.save("org_1", name, worker.state.texts)
    await store.save_files("org_1", name, files)
    return worker


@pytest.fixture(scope="session")
async def world() -> AsyncIterator[World]:
    """Serve a world with posts on every network, and calls."""
    store, clock = open_store(None), SystemClock()
    workers = {name: await _publish(store, name) for name in NAMES}
    await store.save("org_empty", FIRST, {"any": "{}"})

    async def move_clock(_world: str, _seconds: float) -> None:
        """Move nothing."""

    app = create_app(
        discover(),
        store,
        token=SANDBOX_TOKEN,
        now=clock.now,
        entropy=clock.entropy,
        sleep=_no_sleep,
        pages=PageAccess(is_open=True),
        move_clock=move_clock,
    )
    posts = workers[FIRST].posts()
    threaded = next(post for post in posts if post.text == TEXT[:250])
    filmed = next(post for post in posts if any(item.kind == "video" for item in post.media))
    paths = {
        "worlds": "/",
        "front": "/org_1/-/",
        "front-empty": "/org_empty/-/",
        "timeline": f"/org_1/{FIRST}/-/",
        "timeline-empty": f"/org_empty/{FIRST}/-/",
        "account": f"/org_1/{FIRST}{account_path(threaded.account_id)}",
        "thread": f"/org_1/{FIRST}{post_path(threaded.uri)}",
        "video": f"/org_1/{FIRST}{post_path(filmed.uri)}",
        "missing": f"/org_1/{FIRST}/-/posts/none",
        **{f"timeline-{name}": f"/org_1/{name}/-/" for name in NAMES[1:]},
    }
    async with serving(app) as url, httpx2.AsyncClient(base_url=url) as client:
        for name, worker in workers.items():
            for request in worker.requests[:5]:
                path = request.url.removeprefix(worker.root)
                body = request.body if isinstance(request.body, bytes) else b""
                await client.request(
                    request.method, f"/org_1/{name}{path}", headers=dict(request.headers), content=body
                )
        yield World(url, paths)
    store.close()


PAGES = (
    *("worlds", "front", "front-empty", "timeline", "timeline-empty", "account", "thread", "video", "missing"),
    *(f"timeline-{name}" for name in NAMES[1:]),
)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(("width", "scheme"), SCREENS)
async def test_page_fits_the_screen_and_has_no_barriers(
    tab: Tab, world: World, axe: str, page: str, width: int, scheme: str
) -> None:
    await tab.look(width=width, height=844, dark=scheme == "dark")
    await tab.go(f"{world.url}{world.paths[page]}")
    await tab.ask("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert await tab.ask("document.documentElement.scrollWidth") == width
    assert await barriers(tab, axe) == []
    assert await loaded_from_elsewhere(tab) == []
    assert "broken" not in await tab.ask("document.title")
    await tab.ask("document.querySelectorAll('details').forEach((one, at) => one.open = at % 11 == 0)")
    await tab.shoot(f"sandbox-{page}-{width}-{scheme}", whole=True)
    await tab.do("Page.navigate", url="about:blank")  # ends the stream


CONSENT_PAGES = {
    "consent": consent_page("Example", "name.example", ("read", "write"), [("a", "Allow", "#a"), ("b", "Deny", "#b")]),
    "consent-error": error_page("Example", "client_id is unknown: 'nobody'"),
}


@pytest.mark.parametrize("page", CONSENT_PAGES)
@pytest.mark.parametrize(("width", "scheme"), SCREENS)
async def test_consent_page_has_no_barriers(tab: Tab, axe: str, page: str, width: int, scheme: str) -> None:
    await tab.look(width=width, height=844, dark=scheme == "dark")
    await tab.go(f"data:text/html;base64,{b64encode(CONSENT_PAGES[page].encode()).decode()}")
    assert await barriers(tab, axe) == []
    await tab.shoot(f"sandbox-{page}-{width}-{scheme}")


async def test_person_moves_the_clock_with_the_form(tab: Tab) -> None:
    store, surroundings, moved = open_store(None), Surroundings(), list[tuple[str, float]]()

    async def move_clock(name: str, seconds: float) -> None:
        moved.append((name, seconds))

    app = surroundings.app(store, pages=PageAccess(is_open=True), move_clock=move_clock)
    async with serving(app) as url:
        await tab.go(f"{url}/org_1/-/")
        await tab.write("amount", "3")
        await tab.press("Advance")
        assert await eventually(lambda: _has(moved, 1))
        await tab.reads("Recent calls")
        later = surroundings.now() + timedelta(days=2)
        await tab.sees("document.getElementById('to')")
        await tab.ask(f"document.getElementById('to').value = '{later:%Y-%m-%dT%H:%M:%S}'")
        await tab.press("Set")
        assert await eventually(lambda: _has(moved, 2))
    assert [(name, round(seconds / 3600)) for name, seconds in moved] == [("org_1", 3), ("org_1", 48)]
    store.close()


async def _has(found: list[tuple[str, float]], count: int) -> bool:
    return len(found) == count


async def test_timeline_shows_a_new_post_without_a_reload_by_the_person(tab: Tab) -> None:
    store = open_store(None)
    async with (
        serving(Surroundings().app(store, pages=PageAccess(is_open=True))) as url,
        httpx2.AsyncClient(base_url=url) as client,
    ):
        await tab.go(f"{url}/org_1/notes/-/")
        await tab.reads("No posts yet.")
        await client.post("/org_1/notes/notes", content=b"A new post")
        await tab.reads("A new post")
        await client.post("/org_1/notes/notes", content=b"Another post")
        await tab.reads("Another post")
        await tab.do("Page.navigate", url="about:blank")  # ends the stream
    store.close()
