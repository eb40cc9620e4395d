"""The addresses in replies of simulated platforms: pages of the sandbox, which show what followers see."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2

from letmepost.domain.content import MediaItem, MediaKind
from letmepost.domain.flow import Live, Part
from letmepost.domain.sandbox_pages import SandboxLinks, page_id
from letmepost.platforms.simulation import no_profiles
from letmepost.sandbox import open_store
from letmepost.sandbox.pages.access import PageAccess
from tests.doubles.client import CALLBACK
from tests.doubles.media import bytes_of
from tests.doubles.worker import Worker
from tests.platforms.suite.description import Content, PlatformSuite, texts_of
from tests.platforms.suite.suites import each_example, each_suite
from tests.sandbox.support import Surroundings, open_client

_LINK = re.compile(r'(?:href|src|action|poster)="([^"]*)"')
_URL = re.compile(r"https?://[^\s\"'<>]+")
_NO_LINKS = (CALLBACK, "https://www.googleapis.com/auth/", "https://www.w3.org/ns/", "https://t.co/")
"""The app's own address, names of permissions, the name of a format, and the short links in texts on X."""


@asynccontextmanager
async def browsing(worker: Worker) -> AsyncIterator[httpx2.AsyncClient]:
    """Return a browser for a sandbox with the state of a worker's platform."""
    store, platform = open_store(None), worker.platform
    await store.save("org_1", platform.name, worker.state.texts)
    await store.save_files("org_1", platform.name, worker.files)
    app = Surroundings().app(store, {platform.name: platform}, PageAccess(is_open=True))
    async with open_client(app) as browser:
        yield browser
    store.close()


def published(suite: PlatformSuite, content: Content) -> Worker:
    """Return a worker that has published a post, at a time when followers see all of it."""
    worker = Worker(platform=suite.platform)
    worker.connect("ok")
    assert worker.work(worker.ready(worker.account, **content)) == "published"
    worker.advance(hours=1)
    return worker


def announced_urls(worker: Worker) -> list[str]:
    """Return the addresses that the API returns for the latest post, with those of the parts of its thread."""
    links = SandboxLinks(root=worker.root, world="org_1", key=None)
    found = [links.replace_urls(what, worker.now) for what in worker.announced if isinstance(what, Live | Part)]
    return [what.url or "" for what in found if isinstance(what, Live | Part)]


def sources(page: httpx2.Response) -> list[str]:
    """Return what a page links to and loads."""
    return [urljoin(str(page.url), unescape(link)) for link in _LINK.findall(page.text)]


def urls_in(value: Any) -> Iterator[str]:
    """Yield every URL inside a JSON value."""
    if isinstance(value, str):
        yield from _URL.findall(value)
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from urls_in(inner)


async def whole(item: MediaItem) -> bytes:
    assert item.facts is not None
    return b"".join([piece async for piece in await bytes_of(item, 0, item.facts.size_bytes)])


@each_example
async def test_url_of_every_post_is_a_page_with_its_text_media_and_thread(suite: PlatformSuite, name: str) -> None:
    content = suite.posts()[name]
    worker = published(suite, content)
    live = next(what for what in worker.announced if isinstance(what, Live))
    async with browsing(worker) as browser:
        urls = announced_urls(worker)
        assert f"{worker.root}/-/posts/{page_id(live.uri)}" in urls
        for url in urls:
            page = await browser.get(url)
            assert page.status_code == 200, url
            shown = unescape(page.text)
            wanted = texts_of(content) if url.endswith(page_id(live.uri)) else [part.text for part in content["thread"]]
            assert all(text in shown for text in wanted), url
            assert all(urlsplit(link).netloc == urlsplit(worker.root).netloc for link in sources(page)), url


@each_example
async def test_page_of_a_post_shows_the_images_and_videos_that_the_platform_received(
    suite: PlatformSuite, name: str
) -> None:
    content = suite.posts()[name]
    worker = published(suite, content)
    if suite.platform.simulator.profiles is no_profiles:
        return  # an example that stores no media
    items = [*content.get("media", ()), *(item for part in content.get("thread", ()) for item in part.media)]
    async with browsing(worker) as browser:
        page = await browser.get(announced_urls(worker)[0])
        assert page.text.count('<li class="item"') == len(items)
        assert all(item.alt_text in unescape(page.text) for item in items if item.alt_text)
        found = [await browser.get(url) for url in sources(page) if "/media/" in url]
        sent = [
            await whole(item)
            for item in items
            if item.media_id in worker.opened and item.kind is not MediaKind.DOCUMENT
        ]
        assert [media.content for media in found] == sent
        assert all(media.headers["content-type"].startswith(("image/", "video/")) for media in found)


@each_suite
async def test_replies_link_to_pages_of_the_sandbox_only(suite: PlatformSuite) -> None:
    for name, content in suite.posts().items():
        worker = published(suite, content)
        async with browsing(worker) as browser:
            for url in {url for reply in worker.replies for url in urls_in(_json(reply.body))}:
                if url.startswith(_NO_LINKS) or _was_sent(url, worker):
                    continue
                assert url.startswith(f"{worker.root}/"), (name, url)
                opened = await browser.get(url, follow_redirects=True)
                assert opened.status_code == 200, (name, url)
                assert "/-/" in str(opened.url), (name, url)


def _was_sent(url: str, worker: Worker) -> bool:
    """Return True if a URL was in a post, or is an address of the API that the flow has called."""
    return url.startswith("https://example.") or any(url in str(call) for call in worker.calls)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
