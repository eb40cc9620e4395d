"""The pages of the sandbox: on small, large, light and dark screens."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from letmepost.domain.content import ThreadPart
from letmepost.domain.sandbox_pages import account_path, post_path
from letmepost.gateways.clock import SystemClock
from letmepost.platforms import discover
from letmepost.sandbox import open_store
from letmepost.sandbox.app import create_app
from letmepost.sandbox.pages.access import PageAccess
from tests.browser.chromium import Tab
from tests.browser.test_consent_page import LOW_CONTRASTS
from tests.deployment import SANDBOX_TOKEN, serving
from tests.doubles.worker import Worker
from tests.sandbox.support import Surroundings

TEXT = "Grüße 🎉 from <script>document.title='broken'</script> https://example.org/" + "long" * 60
NAME = "bluesky"


async def _no_sleep(_seconds: float) -> None:
    """Delay nothing."""


@pytest.fixture(scope="session")
async def root() -> AsyncIterator[str]:
    """Serve a sandbox with one conversation, and return the URL of its world."""
    worker = Worker(platform=discover()[NAME])
    worker.connect("ok")
    parts = (ThreadPart(text="\u202eThe second part\nwith two lines"), ThreadPart(text="The third part"))
    assert worker.work(worker.ready(worker.account, text=TEXT, thread=parts, first_comment="A comment")) == "published"
    store, clock = open_store(None), SystemClock()
    await store.save("org_1", NAME, worker.state.texts)
    app = create_app(
        discover(),
        store,
        token=SANDBOX_TOKEN,
        now=clock.now,
        entropy=clock.entropy,
        sleep=_no_sleep,
        pages=PageAccess(is_open=True),
    )
    first = worker.posts()[0]
    async with serving(app) as url:
        yield f"{url}/org_1|{post_path(first.uri)}|{account_path(first.account_id)}"
    store.close()


@pytest.mark.parametrize("page", ["world", "timeline", "account", "post", "missing"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_page_fits_the_screen_and_is_legible(tab: Tab, root: str, page: str, width: int, scheme: str) -> None:
    world, post, account = root.split("|")
    paths = {
        "world": "/-/",
        "timeline": f"/{NAME}/-/",
        "account": f"/{NAME}{account}",
        "post": f"/{NAME}{post}",
        "missing": f"/{NAME}/-/posts/none",
    }
    await tab.look(width=width, height=844, dark=scheme == "dark")
    await tab.go(f"{world}{paths[page]}")
    await tab.shoot(f"sandbox-{page}-{width}-{scheme}")
    assert await tab.ask("document.documentElement.scrollWidth") == width
    assert await tab.ask(LOW_CONTRASTS) == []
    assert "broken" not in await tab.ask("document.title")


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
