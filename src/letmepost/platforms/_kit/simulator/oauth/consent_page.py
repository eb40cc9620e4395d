"""The HTML of the consent page. It loads nothing, needs no script, and its choices are links."""

from collections.abc import Iterable, Sequence
from html import escape

_STYLE = """\
:root{color-scheme:light dark;--text:#16191d;--soft:#545d68;--line:#d5dae1;--field:#8a939e;--sheet:#fff;--back:#f2f4f7;
--paint:#1f4fbf;--ink:#fff;--note:#fff4d6;--note-text:#5c4100;--focus:#0b57d0}
@media(prefers-color-scheme:dark){:root{--text:#e8ebef;--soft:#a5afba;--line:#343c46;--field:#6f7a86;--sheet:#1a1f25;
--back:#101317;--paint:#a9c4ff;--ink:#0d1a36;--note:#3a2f10;--note-text:#ffdf9b;--focus:#9dc1ff}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;padding:1.5rem 1rem;display:flex;align-items:center;justify-content:center;
font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;color:var(--text);background:var(--back)}
main{width:100%;max-width:27rem;padding:2rem 1.75rem 1.5rem;background:var(--sheet);border:1px solid var(--line);
border-radius:1rem;box-shadow:0 1px 2px rgb(0 0 0/.05),0 8px 24px rgb(0 0 0/.06);overflow-wrap:anywhere}
.note{margin:0 0 1.25rem;padding:.55rem .8rem;border-radius:.6rem;font-size:.9rem;background:var(--note);
color:var(--note-text)}
h1{margin:0 0 .75rem;font-size:1.45rem;line-height:1.25;letter-spacing:-.01em;text-wrap:balance}
p{margin:0 0 .5rem}
.scopes{margin:0 0 1.5rem;padding:0;list-style:none;display:flex;flex-wrap:wrap;gap:.4rem}
.scopes li{padding:.1rem .6rem;border:1px solid var(--line);border-radius:1rem;font-size:.9rem}
.choices{margin:0;padding:0;list-style:none;display:grid;gap:.65rem}
.choices a{display:flex;align-items:center;justify-content:center;min-height:2.85rem;padding:.55rem 1rem;
border:1px solid var(--field);border-radius:.6rem;font-weight:600;text-align:center;text-decoration:none;
text-wrap:balance;color:var(--text)}
.choices li:first-child a{border-color:transparent;background:var(--paint);color:var(--ink)}
.choices a:hover{text-decoration:underline}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
.soft{margin:1.25rem 0 0;color:var(--soft);font-size:.9rem}"""


def consent_page(title: str, host: str, scopes: Iterable[str], links: Sequence[tuple[str, str, str]]) -> str:
    """Return the page on which a person chooses.

    Args:
        title: the platform's name.
        host: where the app receives the answer.
        scopes: what the app requests.
        links: name, label and URL of each choice.
    """
    permissions = "".join(f"<li>{escape(scope)}</li>" for scope in scopes)
    choices = "".join(
        f'<li><a id="{escape(name)}" href="{escape(url)}">{escape(label)}</a></li>' for name, label, url in links
    )
    return _page(
        title,
        f"<h1>An app wants to access your {escape(title)} account</h1>"
        f'<p id="permissions">It requests these permissions:</p>'
        f'<ul class="scopes" aria-labelledby="permissions">{permissions}</ul>'
        f'<ul class="choices" aria-label="Your choices">{choices}</ul>'
        f'<p class="soft">You return to {escape(host)}.</p>',
    )


def error_page(title: str, reason: str) -> str:
    """Return the page for a request that must not be returned to the app."""
    return _page(
        title,
        "<h1>This request is not valid</h1>"
        f"<p>{escape(reason)}</p>"
        '<p class="soft">The app must correct its link to this page.</p>',
    )


def _page(title: str, content: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="robots" content="noindex"><meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)} (sandbox)</title><style>{_STYLE}</style></head><body><main>"
        f'<p class="note">Simulated {escape(title)}: no real account is used, and no password is needed.</p>'
        f"{content}</main></body></html>"
    )
