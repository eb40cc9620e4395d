"""The documentation pages."""

import re
from html.parser import HTMLParser

import pytest

from letmepost.domain.errors import ErrorCode
from letmepost.platforms import discover
from tests.deployment import Client
from tests.http.support import PLATFORM, check_refusal

_VOID = {"meta", "br", "link"}


class Reader(HTMLParser):
    """Parses a page strictly: every element must be closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.links += [given["href"] or ""] if tag == "a" else []
        self.loads += [tag] if tag in {"script", "link", "img", "iframe"} or "src" in given else []
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


async def read(client: Client, path: str) -> tuple[str, Reader]:
    reply = await client.http.get(path)
    assert reply.status_code == 200, path
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in reply.headers["content-security-policy"]
    assert reply.headers.get_list("x-content-type-options") == ["nosniff"]
    reader = Reader()
    reader.feed(reply.text)
    assert reader.open == []
    assert reader.loads == [], "the page loads no other resources"
    return reply.text, reader


async def test_server_without_a_built_site_says_how_to_build_it(client: Client) -> None:
    text, reader = await read(client, "/docs")
    assert "make docs" in text
    for link in set(reader.links) - {"/openapi.json", "#content", "/docs"}:
        await read(client, link)


async def test_statuses_page_shows_which_statuses_a_response_waits_for(client: Client) -> None:
    text, _ = await read(client, "/docs/statuses")
    cell = "<td>(?:(?!</td>).)*</td>"
    rows = dict(re.findall(rf"<tr><td><code>(\w+)</code></td>{cell * 3}<td>([a-z ]+)</td></tr>", text))
    assert {"accepted": "if scheduled", "claimed": "no", "transient": "no", "held": "yes", "live": "yes"}.items() <= (
        rows.items()
    )


@pytest.mark.parametrize("listing", ["/docs/errors", "/docs/preflight"])
async def test_every_linked_page_exists(client: Client, listing: str) -> None:
    _, reader = await read(client, listing)
    pages = [link for link in reader.links if link.startswith(f"{listing}/")]
    assert len(pages) >= len(ErrorCode)
    for page in pages:
        text, _ = await read(client, page)
        assert "How to fix it" in text


async def test_permissions_page_lists_every_call_and_scope(client: Client) -> None:
    text, reader = await read(client, "/docs/permissions")
    for platform in discover().values():
        for permission in platform.permissions:
            assert f"<code>{permission.call}</code>" in text
            assert all(scope in text for named in permission.scopes for scope in named.split(" or "))
    assert "/docs/permissions" in reader.links


async def test_pages_linked_by_an_error_exist(client: Client) -> None:
    body = {"targets": [{"platform": PLATFORM, "text": "x" * 3000}], "text": "Hello"}
    await client.sandbox_account()
    error = check_refusal_of_rule((await client.post("/v1/posts", body)).json())
    for link in ("docUrl", "ruleUrl"):
        await read(client, re.sub(r"^https?://[^/]+", "", error[link]))
    named = (await client.post("/v1/posts", {"targets": []})).json()["error"]
    text, _ = await read(client, re.sub(r"^https?://[^/]+", "", named["ruleUrl"]))
    assert "targets.required" in text


def check_refusal_of_rule(answer: dict[str, dict[str, str]]) -> dict[str, str]:
    error = answer["error"]
    assert error["code"] == "preflight_failed"
    return error


async def test_error_of_a_field_has_no_rule_url(client: Client) -> None:
    error = check_refusal(await client.get("/v1/posts?limit=0"), 400, "validation_failed", "limit")
    assert "ruleUrl" not in error


@pytest.mark.parametrize(
    "path",
    [
        "/docs/errors/nonsense",
        "/docs/preflight/nonsense",
        "/docs/preflight/%3Cscript%3E",
        "/docs/nonsense",
        "/llms.txt",
    ],
)
async def test_unknown_page_gets_an_error_envelope(client: Client, path: str) -> None:
    check_refusal(await client.http.get(path), 404, "not_found")
