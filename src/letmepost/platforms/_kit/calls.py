"""Parts of calls: addresses of servers, and uploads of files."""

import re
from urllib.parse import urlsplit

from pydantic import AnyHttpUrl

from letmepost.domain.content import MediaFacts, MediaItem
from letmepost.domain.flow import Call, Effect, FormFile, MediaRange

_UPLOAD_TIMEOUT_S = 60.0  # besides the bytes: the server checks a file before it responds
_SERVER = re.compile(r"([a-z0-9._-]+)(?::[0-9]{1,5})?")


def base_url(address: AnyHttpUrl | str) -> str:
    """Return a server's address in the form to which a path is appended."""
    return str(address).rstrip("/")


def is_on_domain(url: str, domain: str, scheme: str) -> bool:
    """Return True if a URL that a platform has returned is on a domain of its own.

    Such a URL is often a permission by itself, and the account's token can be sent there. Programs disagree about user
    names, backslashes and control characters in a URL, so a URL with any of them is on no domain.
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # half an IPv6 address
        return False
    server = _SERVER.fullmatch(parts.netloc.lower())
    is_known = server is not None and f".{server[1]}".endswith(f".{domain}")
    return is_known and parts.scheme == scheme and url.isascii() and url.isprintable()


def facts_of(item: MediaItem) -> MediaFacts:
    """Return the facts of a media item that is about to be sent.

    Raises:
        ValueError: its bytes are not stored yet.
    """
    if item.facts is None:
        message = f"media item {item.media_id} has no bytes yet"
        raise ValueError(message)
    return item.facts


def form_file(item: MediaItem, media: MediaRange | None = None) -> FormFile:
    """Return a media item as a file of a multipart form. `media`: the part to send; the whole item by default."""
    facts = facts_of(item)
    return FormFile(
        media=media or MediaRange(item.media_id, 0, facts.size_bytes),
        filename=f"media.{facts.content_type.rpartition('/')[2]}",
        content_type=facts.content_type,
    )


def upload_file(url: str, item: MediaItem, *, method: str, step: str, valid_for_s: float | None = None) -> Call:
    """Return an upload of a media item in one piece: its bytes are the body.

    Args:
        valid_for_s: as in `Call`.
    """
    facts = facts_of(item)
    return Call(
        method=method,
        url=url,
        headers={"Content-Type": facts.content_type},
        body=MediaRange(item.media_id, 0, facts.size_bytes),
        effect=Effect.PREPARE,
        step=step,
        valid_for_s=valid_for_s,
        timeout_s=_UPLOAD_TIMEOUT_S,
    )
