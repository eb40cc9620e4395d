"""Renders pages with their security headers. Everything that a simulator returns is escaped."""

import json
from datetime import UTC, datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.responses import HTMLResponse

_TEMPLATES = Environment(
    loader=PackageLoader("letmepost.sandbox.pages"),
    autoescape=select_autoescape(default=True, default_for_string=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _as_text(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)


def _as_size(size_bytes: int) -> str:
    return f"{size_bytes / 2**20:.1f} MiB" if size_bytes >= 2**20 else f"{size_bytes:,} bytes"


def _as_time(moment: datetime | str) -> str:
    """Return a time in words, in UTC. A text that is not a time is returned as it is."""
    try:
        at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        return f"{at.astimezone(UTC):%d %b %Y, %H:%M:%S} UTC"
    except ValueError:
        return str(moment)


_TEMPLATES.filters |= {"as_text": _as_text, "as_size": _as_size, "as_time": _as_time}


def render(template: str, nonce: str, *, status: int = 200, **shown: Any) -> HTMLResponse:
    """Return a page whose content security policy allows only its own style, script and media.

    Args:
        nonce: a random text that allows the style and the script of this page.
        shown: the variables of the template.
    """
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self'; "
        "img-src 'self'; media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    headers = {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",  # the address contains the signature
        "cache-control": "no-store",
    }
    page = _TEMPLATES.get_template(template).render(nonce=nonce, **shown)
    return HTMLResponse(page.encode("utf-8", "replace"), status, headers)  # a text can contain half of a character
