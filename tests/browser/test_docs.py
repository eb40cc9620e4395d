"""The documentation in a browser: what a page loads, how it fits the screen, search, tabs, and accessibility."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from letmepost.http.app import create_app
from letmepost.http.docs.site import Site
from letmepost.platforms import discover
from tests.browser.checks import SCREENS, barriers, loaded_from_elsewhere
from tests.browser.chromium import Browser, Tab
from tests.deployment import serving

PAGES = {
    "home": "/docs/index.html",
    "guide": "/docs/quickstart",
    "tabs": "/docs/posts",
    "code": "/docs/webhooks",
    "media": "/docs/media",
    "errors": "/docs/errors-and-retries",
    "self-hosting": "/docs/self-hosting",
    "migrating": "/docs/migrating-from-letmepost-dev",
    "changelog": "/docs/changelog",
    "network": "/docs/networks/twitter",
    "error": "/docs/errors/rate_limited",
    "statuses": "/docs/statuses",
    "rules": "/docs/preflight",
    "rule": "/docs/preflight/bluesky-text-max_graphemes",
    "permissions": "/docs/permissions",
    "missing": "/docs/nothing-here",
}
SCHEMES = {"light": "default", "dark": "slate"}
"""How the generator names them."""
PROBE = "/docs/assets/scalar.js"
"""The reference's validator tests whether it may compile code, and works without."""
WATCH = """
window.blocked = []
addEventListener('securitypolicyviolation', event => blocked.push([event.violatedDirective, event.blockedURI,
  new URL(event.sourceFile || location.href).pathname]))
"""


@asynccontextmanager
async def open_services() -> AsyncIterator[Any]:
    yield SimpleNamespace(platforms=discover())


@pytest.fixture(scope="module")
async def docs_url() -> AsyncIterator[str]:
    site = Site.open()
    assert site.files, "the site is not built: run `make docs`, or `make test-browser`, which does"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    app = create_app(open_services, docs_url=f"{url}/docs", new_request_id=lambda: "req_1", docs_site=site)
    async with app.router.lifespan_context(app), serving(app, port):
        yield url


@pytest.fixture
async def tab(browser: Browser) -> Tab:
    opened = await browser.tab()
    await opened.do("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
    return opened


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
@pytest.mark.parametrize("page", PAGES)
async def test_page_works_on_every_screen(
    page: str, width: int, scheme: str, tab: Tab, docs_url: str, axe: str
) -> None:
    await tab.look(width=width, height=844, dark=scheme == "dark")
    await tab.go(docs_url + PAGES[page])
    await tab.sees(f"document.body.dataset.mdColorScheme === '{SCHEMES[scheme]}'")
    await tab.shoot(f"docs-{page}-{width}-{scheme}")
    assert await tab.ask("blocked") == []
    assert await loaded_from_elsewhere(tab) == []
    assert await tab.ask("document.documentElement.scrollWidth") <= width
    assert await barriers(tab, axe) == []


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
async def test_reference_shows_an_operation_without_another_host(
    width: int, scheme: str, tab: Tab, docs_url: str, axe: str
) -> None:
    await tab.look(width=width, height=844, dark=scheme == "dark")
    await tab.go(f"{docs_url}/docs/reference")
    await tab.reads("Publish, schedule, change, retry and read posts.")
    await tab.shoot(f"docs-reference-{width}-{scheme}")
    assert [source for *_, source in await tab.ask("blocked") if source != PROBE] == []
    assert await loaded_from_elsewhere(tab) == []
    assert await tab.ask("document.documentElement.scrollWidth") <= width
    assert await barriers(tab, axe) == []


async def test_search_finds_a_page(tab: Tab, docs_url: str) -> None:
    await tab.look(width=1280)
    await tab.go(f"{docs_url}/docs/quickstart")
    await tab.sees("document.querySelector('[data-md-component=search-query]')")
    await tab.ask("document.querySelector('[data-md-component=search-query]').focus()")
    await tab.do("Input.insertText", text="graphemes")
    await tab.do("Input.insertText", text=" ")
    await tab.sees("document.querySelector('.md-search-result__item a[href*=\"networks/bluesky\"]')")
    await tab.shoot("docs-search")
    assert await tab.ask("blocked") == []


async def test_tab_of_another_language_shows_its_code(tab: Tab, docs_url: str) -> None:
    await tab.go(f"{docs_url}/docs/webhooks")
    await tab.press("PHP")
    await tab.sees(
        "[...document.querySelectorAll('code')].some(code => code.offsetParent && code.innerText.includes('hash_hmac'))"
    )
