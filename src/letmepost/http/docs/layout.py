"""Pieces of generated pages, and the plain layout that they have without the built site. It loads no resources."""

import re
from dataclasses import dataclass
from html import escape

_STYLE = """
:root{color-scheme:light dark;--text:#1b1f24;--soft:#57606a;--line:#d8dee4;--back:#fff;--code:#f3f5f7;--link:#0b57d0}
@media(prefers-color-scheme:dark){:root{--text:#e6e9ed;--soft:#9aa4af;--line:#333b44;--back:#14181d;--code:#1f252c;
--link:#8ab4f8}}
*{box-sizing:border-box}html{scroll-padding-top:1rem}
body{margin:0;font:1rem/1.6 system-ui,sans-serif;color:var(--text);background:var(--back)}
a{color:var(--link)}a:focus-visible,summary:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:var(--back)}
header,main{max-width:56rem;margin:0 auto;padding:0 1.25rem}
header{display:flex;gap:1.25rem;flex-wrap:wrap;padding-top:1.25rem}header a{color:var(--soft)}
header b a{color:var(--text);text-decoration:none}main{padding-bottom:4rem}
h1{font-size:1.7rem;line-height:1.25;margin:1.75rem 0 .75rem;overflow-wrap:anywhere}
h2{font-size:1.3rem;margin:2.75rem 0 .5rem;padding-top:1rem;border-top:1px solid var(--line)}
h3{font-size:1.05rem;margin:1.75rem 0 .25rem;overflow-wrap:anywhere}h4{font-size:1rem;margin:1rem 0 .25rem}
code,pre{font:.875em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
code{background:var(--code);padding:.1em .3em;border-radius:.25em;overflow-wrap:anywhere}
pre{background:var(--code);padding:.75rem 1rem;border-radius:.4rem;overflow-x:auto;margin:.5rem 0}
pre code{padding:0;background:none}dt{font-weight:600;margin-top:.9rem}dd{margin:0}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;margin:.5rem 0;font-size:.94rem}
th,td{text-align:left;vertical-align:top;padding:.35rem .75rem .35rem 0;border-bottom:1px solid var(--line)}
td:last-child,th:last-child{padding-right:0}td code{white-space:nowrap}
@media(max-width:40rem){td code{white-space:normal}}
.method{display:inline-block;min-width:4.2rem;font-weight:700}.soft{color:var(--soft)}
details{margin:.4rem 0}summary{cursor:pointer}ul{padding-left:1.25rem}nav ul{columns:16rem;list-style:none;padding:0}
"""

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>{title} · letmepost</title><style>{style}</style></head>
<body><a class="skip" href="#content">Skip to the content</a>
<header><b><a href="/docs">letmepost</a></b><a href="/docs/errors">Error codes</a>
<a href="/docs/preflight">Rules</a>
<a href="/docs/permissions">Permissions</a><a href="/docs/statuses">Statuses</a>
<a href="/openapi.json">OpenAPI</a></header>
<main id="content"><h1>{heading}</h1>
{body}
</main></body></html>
"""
_CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """A generated page without its layout. `body` is HTML. `is_code`: the title is an identifier."""

    title: str
    body: str
    is_code: bool = False

    @property
    def heading(self) -> str:
        """Return the title as HTML."""
        return f"<code>{escape(self.title)}</code>" if self.is_code else escape(self.title)


def plain_page(content: DocumentPage) -> str:
    """Return a whole page in the plain layout."""
    return _PAGE.format(title=escape(content.title), style=_STYLE, heading=content.heading, body=content.body)


def prose(text: str) -> str:
    """Return text as HTML. Text between backticks becomes code."""
    return _CODE.sub(r"<code>\1</code>", escape(text, quote=False))


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a table. The cells are HTML."""
    titles = "".join(f'<th scope="col">{escape(title)}</th>' for title in head)
    lines = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table></div>'


def definitions(pairs: list[tuple[str, str]]) -> str:
    """Return terms with their meanings. The meanings are HTML."""
    return "<dl>" + "".join(f"<dt>{escape(term)}</dt><dd>{meaning}</dd>" for term, meaning in pairs) + "</dl>"
