"""Addresses of the sandbox's pages, and signed links to them."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from letmepost.domain.flow import Announcement, HandOver, Live, Part

LINK_VALID_FOR = timedelta(days=30)
"""How long a link to a page is valid."""

TIMELINE_PATH = "/-/"
"""The path of the timeline of a simulated network, below the network's root."""

PICTURE_PATH = f"{TIMELINE_PATH}picture.svg"
"""The path of the picture of a simulated network, which shows nothing of an organization."""


_DIGEST_CHARS = 32


def page_id(uri: str) -> str:
    """Return the id of a post or an account in the address of its page.

    URIs contain `//` and other characters that proxies change, so the id is a digest.
    """
    return sha256(uri.encode()).hexdigest()[:_DIGEST_CHARS]


def post_path(uri: str) -> str:
    """Return the path of the page of a post, below the root of its network."""
    return f"{TIMELINE_PATH}posts/{page_id(uri)}"


def account_path(account_id: str) -> str:
    """Return the path of the page of an account, below the root of its network."""
    return f"{TIMELINE_PATH}accounts/{page_id(account_id)}"


def sign_link(key: str, world: str, expires_at: datetime) -> dict[str, str]:
    """Return the query parameters that open every page of a world until a time."""
    seconds = str(int(expires_at.timestamp()))
    return {"expires": seconds, "signature": _signature(key, world, seconds)}


def is_signed(key: str, world: str, query: Mapping[str, str], now: datetime) -> bool:
    """Return True if these query parameters open the pages of this world now."""
    expires = query.get("expires", "")
    expected = _signature(key, world, expires)
    if not hmac.compare_digest(query.get("signature", "").encode(), expected.encode()):
        return False
    return now.timestamp() < int(expires)  # signed, so it is a number


def _signature(key: str, world: str, expires: str) -> str:
    return hmac.new(key.encode(), f"sandbox page\n{world}\n{expires}".encode(), sha256).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxLinks:
    """Creates links to the pages of one simulated network of one organization.

    Args:
        root: the URL of the network's simulator for browsers.
        world: the organization's world in the sandbox.
        key: the secret that signs links; None if the links are not signed.
    """

    root: str
    world: str
    key: str | None

    def replace_urls(self, what: Announcement, now: datetime) -> Announcement:
        """Return an announcement of a flow whose URL is a page of the sandbox, not an address of a real network."""
        match what:
            case Live() | Part():
                return replace(what, url=self._link(post_path(what.uri), now))
            case HandOver():
                return replace(what, url=self._link(TIMELINE_PATH, now))
            case _:
                return what

    def _link(self, path: str, now: datetime) -> str:
        if self.key is None:
            return f"{self.root}{path}"
        signed = sign_link(self.key, self.world, now + LINK_VALID_FOR)
        return f"{self.root}{path}?expires={signed['expires']}&signature={signed['signature']}"
