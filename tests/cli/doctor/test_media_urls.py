"""The checks of the URLs that platforms fetch, with proxies that break them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from pydantic import AnyHttpUrl
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from letmepost.cli.doctor.media_urls import check_ipv6, check_media_urls
from letmepost.cli.doctor.parts import Parts
from letmepost.cli.doctor.results import CheckState
from letmepost.gateways.clock import SystemClock
from letmepost.services.media.links import MediaLinks
from letmepost.storage.sealing import Keyring
from tests.cli.doctor.support import OpenParts
from tests.database import DatabaseURLs
from tests.deployment import deployed, serving

Proxy: TypeAlias = Callable[[ASGIApp], ASGIApp]
NOT_ALLOWED = PlainTextResponse("Method Not Allowed", 405)
CLOCK = SystemClock()


def answering(reply: ASGIApp, *, path: str, method: str | None = None) -> Proxy:
    """Return a proxy that answers some requests itself."""

    def before(app: ASGIApp) -> ASGIApp:
        async def proxy(scope: Scope, receive: Receive, send: Send) -> None:
            is_meant = scope["path"].startswith(path) and method in {None, scope["method"]}
            await (reply if is_meant else app)(scope, receive, send)

        return proxy

    return before


def without_header(name: bytes, *, of_response: bool) -> Proxy:
    """Return a proxy that removes a header from requests or from responses."""

    def before(app: ASGIApp) -> ASGIApp:
        async def proxy(scope: Scope, receive: Receive, send: Send) -> None:
            async def strip(message: Message) -> None:
                await send(_without(message, name) if message["type"] == "http.response.start" else message)

            await app(*((scope, receive, strip) if of_response else (_without(scope, name), receive, send)))

        return proxy

    return before


def _without(message: Scope, name: bytes) -> Scope:
    return {**message, "headers": [header for header in message["headers"] if header[0] != name]}


BROKEN: Sequence[tuple[str, Proxy, str]] = (
    ("no HEAD", answering(NOT_ALLOWED, path="/media/", method="HEAD"), "HEAD is answered with 405"),
    ("no length", without_header(b"content-length", of_response=True), "without the right Content-Length"),
    ("no type", without_header(b"content-type", of_response=True), "without the right Content-Type"),
    ("no range", without_header(b"range", of_response=False), "a Range is not answered with 206"),
    ("no media", answering(PlainTextResponse("no", 404), path="/media/"), "GET is answered with 404"),
    ("no robots", answering(PlainTextResponse("no", 404), path="/robots.txt"), "/robots.txt is answered with 404"),
    (
        "no HEAD of robots",
        answering(NOT_ALLOWED, path="/robots.txt", method="HEAD"),
        "HEAD of /robots.txt is answered with 405",
    ),
    (
        "robots are forbidden",
        answering(PlainTextResponse("User-agent: *\nDisallow: /media/\n"), path="/robots.txt"),
        "/robots.txt forbids it",
    ),
)


async def test_media_urls_are_fetched_through_the_proxy(
    opened: OpenParts, database_urls: DatabaseURLs, redis_url: str, tmp_path: Path
) -> None:
    async with deployed(database_urls, redis_url, tmp_path, with_worker=False) as deployment:
        async with serving(deployment.app) as url:
            parts = await opened(public_url=AnyHttpUrl(url))
            assert (await check_media_urls(parts)).state is CheckState.OK
            other_keys = MediaLinks(Keyring({"k1": bytes(32)}, CLOCK.entropy), CLOCK, url)
            assert "404" in (await check_media_urls(replace(parts, links=other_keys))).message
        for name, proxy, problem in BROKEN:
            async with serving(proxy(deployment.app)) as url:
                found = await check_media_urls(await opened(public_url=AnyHttpUrl(url)))
            assert (found.state, problem in found.message) == (CheckState.BROKEN, True), (name, found)
            assert found.remedy


async def test_unreachable_public_url_is_worth_a_warning(opened: OpenParts) -> None:
    found = await check_media_urls(await opened(public_url=AnyHttpUrl("http://127.0.0.1:1")))
    assert (found.state, "cannot be fetched from here" in found.message) == (CheckState.WARNING, True)


def _resolving(*addresses: str) -> Callable[[str], Awaitable[Sequence[str]]]:
    async def lookup(host: str) -> Sequence[str]:
        if not addresses:
            raise OSError(f"no address of {host}")
        return addresses

    return lookup


async def test_public_host_without_an_ipv6_address_is_worth_a_warning(parts: Parts) -> None:
    for url, addresses, state in (
        ("https://api.example.com", ["192.0.2.1", "2001:db8::1"], CheckState.OK),
        ("https://api.example.com", ["192.0.2.1"], CheckState.WARNING),
        ("https://api.example.com", [], CheckState.WARNING),
        ("https://192.0.2.1", [], CheckState.WARNING),
        ("https://[2001:db8::1]", [], CheckState.OK),
        ("http://127.0.0.1:8080", [], CheckState.OK),
    ):
        links = MediaLinks(Keyring({"k1": bytes(32)}, CLOCK.entropy), CLOCK, url)
        found = await check_ipv6(replace(parts, links=links, lookup=_resolving(*addresses)))
        assert (found.state, found.remedy is None) == (state, state is CheckState.OK), (url, addresses)
