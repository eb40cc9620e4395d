"""The page of permissions: every call to each platform, and the scopes that it needs."""

from collections.abc import Iterable
from html import escape

from letmepost.http.docs.layout import DocumentPage, prose, table
from letmepost.platforms.contract import Platform

_INTRO = """
<p>Every call that this release makes to a platform, and the scopes that an account's owner must grant for it. A consent
asks for the scopes of all features. If one was not granted, the account lists the feature in
<code>missingFeatures</code>; connecting it again asks for it again.</p>
"""
_NO_CONSENT = "<p>Accounts are connected by credentials, which have no scopes.</p>"


def permissions_page(platforms: Iterable[Platform]) -> DocumentPage:
    """Return the page."""
    return DocumentPage("Permissions", _INTRO + "".join(_section(platform) for platform in platforms))


def _section(platform: Platform) -> str:
    features: list[tuple[str, ...]] = []
    if platform.oauth is not None:
        features = [(escape(name), _scopes(scopes)) for name, scopes in platform.oauth.features.items()]
    calls: list[tuple[str, ...]] = [
        (f"<code>{escape(one.call)}</code>", prose(one.purpose), _scopes(one.scopes)) for one in platform.permissions
    ]
    asked = table(("Feature", "Scopes"), features) if features else _NO_CONSENT
    return f"<h2>{escape(platform.title)}</h2>{asked}{table(('Call', 'Purpose', 'Scopes'), calls)}"


def _scopes(scopes: Iterable[str]) -> str:
    shown = (" or ".join(f"<code>{escape(name)}</code>" for name in one.split(" or ")) for one in scopes)
    return ", ".join(shown) or "none"
