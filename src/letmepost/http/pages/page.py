"""Renders a page and its security headers."""

import re
from dataclasses import dataclass
from typing import Any

from authlib.common.security import generate_token
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

_NONCE_CHARS = 24
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_PLAIN_COLOR = "#1f5fd6"

_TEMPLATES = Environment(
    loader=PackageLoader("letmepost.http.pages"),
    autoescape=select_autoescape(default=True, default_for_string=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """The name, logo and color that an organization shows on its pages."""

    name: str | None = None
    logo_url: str | None = None
    color: str | None = None

    @property
    def paint(self) -> str:
        """The background color of buttons."""
        return self.color if self.color is not None and _COLOR.fullmatch(self.color) else _PLAIN_COLOR

    @property
    def ink(self) -> str:
        """The text color of buttons: black or white, with the higher contrast (WCAG 2.2, relative luminance)."""
        red, green, blue = (_linear(int(self.paint[start : start + 2], 16) / 255) for start in (1, 3, 5))
        luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
        return "#000000" if (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) else "#ffffff"


PLAIN = Brand()


def page(
    template: str, *, brand: Brand = PLAIN, status: int = 200, onward: str | None = None, **shown: Any
) -> HTMLResponse:
    """Return a page whose content security policy allows only styles, the logo and forms of this server.

    Args:
        onward: the URL that the browser opens next. A redirect would not work: after a form was sent, some browsers
            apply `form-action` to redirects as well.
        shown: the variables of the template.
    """
    nonce = generate_token(_NONCE_CHARS)
    body = _TEMPLATES.get_template(template).render(brand=brand, nonce=nonce, onward=onward, **shown)
    image = brand.logo_url if brand.logo_url is not None and brand.logo_url.startswith("https://") else "'none'"
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; img-src {image.split('?')[0]}; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    headers = {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
    }
    return HTMLResponse(body, status, headers=headers)


def _linear(channel: float) -> float:
    return float(channel / 12.92 if channel <= 0.03928 else ((channel + 0.055) / 1.055) ** 2.4)
