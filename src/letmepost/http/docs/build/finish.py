"""What is added to the site after the generator has run."""

import base64
import hashlib
import re
import shutil
from pathlib import Path

_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def finish(site: Path, docs: Path, pages: list[tuple[str, str]]) -> None:
    """Add the files for language models and the hashes of inline scripts; remove what states a host.

    Args:
        pages: the title and the Markdown file of each page, in reading order.
    """
    for name in ("sitemap.xml", "sitemap.xml.gz"):
        (site / name).unlink(missing_ok=True)
    found = {script for page in site.rglob("*.html") for script in _INLINE_SCRIPT.findall(page.read_text("utf-8"))}
    hashes = sorted(f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" for one in found)
    (site / "inline-scripts.txt").write_text(" ".join(hashes), encoding="utf-8")
    texts = {file: (docs / file).read_text(encoding="utf-8") for _, file in pages}
    for file in texts:
        (site / file).parent.mkdir(exist_ok=True)
        shutil.copy(docs / file, site / file)
    links = "".join(f"- [{title}](/docs/{file}){_summary(texts[file])}\n" for title, file in pages)
    (site / "llms.txt").write_text(_LLMS.format(links=links), encoding="utf-8")
    (site / "llms-full.txt").write_text("\n\n".join(texts.values()), encoding="utf-8")


def _summary(text: str) -> str:
    """Return `: ` and the first sentence of a page, or nothing."""
    paragraphs = (part for part in text.split("\n\n") if not part.startswith(("#", "```", "|", "Run these examples")))
    first = " ".join(next(paragraphs, "").split())
    return f": {first.partition('. ')[0].rstrip('.:')}." if first else ""


_LLMS = """# letmepost

> A self-hosted, multi-tenant API with which one request publishes to many social accounts: never twice, never lost, and
> with the true outcome of each post.

Send JSON to `/v1` with `Authorization: Bearer lmp_test_…` (simulated networks) or `lmp_live_…`. All errors have the
same envelope, with `code`, `rule` and `remediation`. Send an `Idempotency-Key` with every request that creates
something.

## Documentation

{links}
## Reference

- [OpenAPI](/openapi.json): every operation, field, status and event.
- [Error codes](/docs/errors): each code, its status, and what to do.
- [Rules](/docs/preflight): every limit of every network, with its source.

## Optional

- [Everything in one file](/llms-full.txt)
"""
