"""The built documentation site, as the API serves it. No database: the pages read only the platforms."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest

from letmepost.http.app import create_app
from letmepost.http.docs.site import Site
from letmepost.platforms import discover

FILES = {
    "404.html": "<title>@@title@@</title><nav>menu</nav><main>@@content@@</main>",
    "index.html": "home",
    "posts.html": "posts",
    "posts.md": "# Posts",
    "networks/one.html": "one",
    "assets/site.js": "run()",
    "assets/logo.svg": "<svg/>",
    "assets/photo.jpg": "jpeg",
    "assets/clip.mp4": "mpeg",
    "inline-scripts.txt": "'sha256-abc='",
    "llms.txt": "# letmepost",
    "llms-full.txt": "# everything",
}


@asynccontextmanager
async def open_services() -> AsyncIterator[Any]:
    yield SimpleNamespace(platforms=discover())


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    folder = tmp_path / "built"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (tmp_path / "secret.txt").write_text("confidential", encoding="utf-8")
    app = create_app(open_services, docs_url="/docs", new_request_id=lambda: "req_1", docs_site=Site.open(folder))
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://letmepost.test") as client,
    ):
        yield client


@pytest.mark.parametrize(
    ("path", "kind", "text"),
    [
        ("/docs/index.html", "text/html; charset=utf-8", "home"),
        ("/docs/posts", "text/html; charset=utf-8", "posts"),
        ("/docs/posts.md", "text/markdown; charset=utf-8", "# Posts"),
        ("/docs/networks/one", "text/html; charset=utf-8", "one"),
        ("/docs/assets/site.js", "text/javascript; charset=utf-8", "run()"),
        ("/docs/assets/logo.svg", "image/svg+xml", "<svg/>"),
        ("/docs/assets/photo.jpg", "image/jpeg", "jpeg"),
        ("/docs/assets/clip.mp4", "video/mp4", "mpeg"),
        ("/llms.txt", "text/plain; charset=utf-8", "# letmepost"),
        ("/llms-full.txt", "text/plain; charset=utf-8", "# everything"),
    ],
)
async def test_file_of_the_site_is_served_with_its_type(
    http: httpx2.AsyncClient, path: str, kind: str, text: str
) -> None:
    reply = await http.get(path)
    assert (reply.status_code, reply.headers["content-type"], reply.text) == (200, kind, text)
    assert reply.headers.get_list("x-content-type-options") == ["nosniff"]


@pytest.mark.parametrize("path", ["/docs", "/docs/"])
async def test_home_redirects_to_the_first_page(http: httpx2.AsyncClient, path: str) -> None:
    reply = await http.get(path)
    assert (reply.status_code, reply.headers["location"]) == (307, "/docs/index.html")


@pytest.mark.parametrize("path", ["/docs/posts", "/docs/errors/not_found", "/docs/nonsense"])
async def test_page_may_run_only_the_scripts_of_the_site(http: httpx2.AsyncClient, path: str) -> None:
    policy = (await http.get(path, headers={"accept": "text/html"})).headers["content-security-policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == "'self' 'sha256-abc='"
    assert directives["connect-src"] == directives["worker-src"] == directives["media-src"] == "'self'"
    assert directives["frame-ancestors"] == directives["base-uri"] == "'none'"


async def test_part_of_a_video_is_sent_alone(http: httpx2.AsyncClient) -> None:
    """Safari plays no video of a server that ignores `Range`."""
    reply = await http.get("/docs/assets/clip.mp4", headers={"range": "bytes=0-1"})
    assert (reply.status_code, reply.content, reply.headers["content-range"]) == (206, b"mp", "bytes 0-1/4")


async def test_generated_page_has_the_layout_of_the_site(http: httpx2.AsyncClient) -> None:
    text = (await http.get("/docs/errors/not_found")).text
    assert text.startswith("<title>not_found</title><nav>menu</nav><main><h1><code>not_found</code></h1>")


async def test_unknown_page_is_html_for_browsers_and_an_error_for_programs(http: httpx2.AsyncClient) -> None:
    page = await http.get("/docs/nonsense", headers={"accept": "text/html,*/*"})
    assert (page.status_code, "Page not found" in page.text, "menu" in page.text) == (404, True, True)
    error = await http.get("/docs/nonsense", headers={"accept": "*/*"})
    assert (error.status_code, error.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "path", ["../secret.txt", "%2e%2e/secret.txt", "assets/../../secret.txt", "inline-scripts.txt"]
)
async def test_other_files_are_not_served(http: httpx2.AsyncClient, path: str) -> None:
    reply = await http.get(f"/docs/{path}")
    assert reply.status_code == 404
    assert "confidential" not in reply.text
