"""Checks of the URLs at which platforms fetch media items, through the public URL as a platform does."""

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser

from letmepost.cli.doctor.configuration import is_loopback
from letmepost.cli.doctor.parts import Parts
from letmepost.cli.doctor.results import CheckResult, broken, ok, warning
from letmepost.domain.errors import SendFailure
from letmepost.gateways.http_client import Incoming, Outgoing
from letmepost.services.media.downloads import CHECK_CONTENT, CHECK_FACTS

_ROBOT = "crawler"
_FIRST_BYTE, _LAST_BYTE = 2, 7
_ADVICE = "Let the proxy pass GET and HEAD of /media/ and /robots.txt to `letmepost serve`, and change no response."


async def check_media_urls(parts: Parts) -> CheckResult:
    """Fetch a small file at a signed URL: with GET, HEAD and a range; and robots.txt."""
    url = parts.links.to_check()
    robots_url = urljoin(url, "/robots.txt")
    try:
        head, whole = await _ask(parts, "HEAD", url), await _ask(parts, "GET", url)
        part = await _ask(parts, "GET", url, range=f"bytes={_FIRST_BYTE}-{_LAST_BYTE}")
        robots_head, robots = await _ask(parts, "HEAD", robots_url), await _ask(parts, "GET", robots_url)
    except SendFailure as error:
        message = f"Media URLs cannot be fetched from here: {error}"
        return warning("media_urls", message, "If platforms cannot reach LETMEPOST_PUBLIC_URL either, correct it.")
    problems = [*_problems_of_file(head, whole, part), *_problems_of_robots(robots_head, robots, url)]
    if problems:
        return broken("media_urls", f"Platforms may fail to fetch media: {'; '.join(problems)}.", _ADVICE)
    return ok("media_urls", "Platforms can fetch media, and robots.txt allows it.")


async def check_ipv6(parts: Parts) -> CheckResult:
    """Check that the host of the public URL has an IPv6 address, without which some platforms fail to fetch media."""
    host = (urlsplit(parts.links.to_check()).hostname or "").strip("[]")
    if is_loopback(host):
        return ok("ipv6", f"{host} is not reachable for platforms, so its addresses do not matter.")
    try:
        addresses = [host] if _is_address(host) else await parts.lookup(host)
    except OSError as error:
        return warning("ipv6", f"{host} has no address: {error}", "Create A and AAAA records for it.")
    if not any(":" in address for address in addresses):
        message = f"{host} has no IPv6 address. Some platforms then fail to fetch media."
        return warning("ipv6", message, "Add an AAAA record, and let the proxy listen on that address.")
    return ok("ipv6", f"{host} has an IPv6 address.")


async def _ask(parts: Parts, method: str, url: str, **headers: str) -> Incoming:
    return await parts.http.send(Outgoing(method=method, url=url, headers=headers))


def _problems_of_file(head: Incoming, whole: Incoming, part: Incoming) -> Iterator[str]:
    length, content_type = str(CHECK_FACTS.size_bytes), CHECK_FACTS.content_type
    for name, reply in {"HEAD": head, "GET": whole}.items():
        if reply.status != 200:
            yield f"{name} is answered with {reply.status}"
        elif reply.headers.get("content-length") != length:
            yield f"{name} is answered without the right Content-Length"
        elif reply.headers.get("content-type") != content_type:
            yield f"{name} is answered without the right Content-Type"
    if whole.status == 200 and whole.body != CHECK_CONTENT:
        yield "GET returns other bytes"
    if part.status != 206 or part.body != CHECK_CONTENT[_FIRST_BYTE : _LAST_BYTE + 1]:
        yield "a Range is not answered with 206 and its bytes"


def _problems_of_robots(head: Incoming, robots: Incoming, url: str) -> Iterator[str]:
    if head.status != 200:
        yield f"HEAD of /robots.txt is answered with {head.status}"
    if robots.status != 200:
        yield f"/robots.txt is answered with {robots.status}"
        return
    rules = RobotFileParser()
    rules.parse(robots.body.decode(errors="replace").splitlines())
    if not rules.can_fetch(_ROBOT, url):
        yield "/robots.txt forbids it"


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
