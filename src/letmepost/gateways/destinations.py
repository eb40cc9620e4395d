"""Parses URLs from outside strictly and once, into the parts that are then used.

Anything that parsers disagree about (user info, backslashes, brackets in odd places, `127.1`) is rejected instead of
guessed, so that the checked host is the called host.
"""

import re
import string
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import quote, urlsplit

import idna

from letmepost.domain.errors import NotSent
from letmepost.gateways.address_ranges import Address

MAX_URL_CHARS = 8192
MAX_HOST_CHARS = 253  # RFC 1035, section 2.3.4, less the root's dot and length
DEFAULT_PORTS = {"http": 80, "https": 443}

_ODD = re.compile(r"[\x00-\x20\x7f-\x9f\\]")
_AUTHORITY = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[^\[\]@:]+))(?::(?P<port>[0-9]{1,5}))?")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_WIRE_CHARS = string.ascii_letters + string.digits + string.punctuation


class AddressRefused(NotSent):
    """The URL may never be called: it is malformed, or the policy forbids its address."""


class NameUnresolved(NotSent):
    """The name has no address, or the name service did not answer."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port of a URL. Connections and trust are per origin."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}")


@dataclass(frozen=True, slots=True)
class Destination:
    """A parsed URL.

    Its host is a lower-case ASCII name without a final dot, or an address in its usual form, which is then also in
    `address`. `path_and_query` is sent byte for byte as it was given, because signatures may cover it.
    """

    origin: Origin
    path_and_query: str
    address: Address | None

    def __str__(self) -> str:
        return f"{self.origin}{self.path_and_query}"


def read_url(url: str) -> Destination:
    """Return the parts of an absolute http or https URL. A fragment is dropped.

    Raises:
        AddressRefused: the URL is too long, malformed, of another scheme, or contains a user name.
    """
    if len(url) > MAX_URL_CHARS:
        raise AddressRefused(f"The URL has more than {MAX_URL_CHARS} characters.")
    if _ODD.search(url):
        raise AddressRefused("The URL contains a space, a backslash or a control character.")
    try:
        scheme, authority, path, query, _ = urlsplit(url)
    except ValueError as error:
        raise AddressRefused("The URL is malformed.") from error
    if scheme not in DEFAULT_PORTS:
        raise AddressRefused("The URL is not an http or https URL.")
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise AddressRefused("The URL has no host, contains a user name, or its host or port is malformed.")
    port = DEFAULT_PORTS[scheme] if parts["port"] is None else int(parts["port"])
    if not 0 < port < 65_536:
        raise AddressRefused("The port of the URL is not between 1 and 65535.")
    host, address = _read_address(parts["v6"]) if parts["v6"] else _read_name(parts["name"])
    target = (path or "/") + (f"?{query}" if query else "")
    return Destination(Origin(scheme, host, port), quote_odd(target.encode()), address)


def read_origin(url: str) -> Origin:
    """Return the origin of a URL.

    Raises:
        AddressRefused: as `read_url`.
    """
    return read_url(url).origin


def quote_odd(text: bytes) -> str:
    """Percent-encode characters that a URL must not contain (other alphabets, spaces)."""
    return quote(text, safe=_WIRE_CHARS)


def _read_name(raw: str) -> tuple[str, Address | None]:
    try:
        name = raw.lower() if raw.isascii() else idna.encode(raw, uts46=True).decode()
    except idna.IDNAError as error:
        raise AddressRefused("The host of the URL is not a valid international name.") from error
    name = name.removesuffix(".")
    labels = name.split(".")
    # Resolvers accept `0x7f.1`, `127.1`, `2130706433` and `0177.0.0.1` as addresses. As in browsers, a name with a
    # number as its last label is an address (https://url.spec.whatwg.org/#ends-in-a-number-checker). Here, only the
    # usual form is accepted.
    if _NUMBER.fullmatch(labels[-1]):
        return _read_address(name)
    if len(name) > MAX_HOST_CHARS or not all(_LABEL.fullmatch(label) for label in labels):
        raise AddressRefused("The host of the URL is malformed.")
    return name, None


def _read_address(raw: str) -> tuple[str, Address]:
    try:
        address = IPv6Address(raw) if ":" in raw else IPv4Address(raw)
    except AddressValueError as error:
        raise AddressRefused("The host of the URL is an address in an unusual form.") from error
    return str(address), address
