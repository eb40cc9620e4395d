"""The built documentation site, as files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from letmepost.http.docs.layout import DocumentPage, plain_page

DIRECTORY = Path(__file__).with_name("built")
"""Where `make docs` puts the site: in the package, so that it is installed with it."""

NOT_BUILT = DocumentPage(
    "Documentation",
    "<p>This server was installed without the documentation site. Run <code>make docs</code> in the source tree, and "
    "restart the server.</p>"
    '<p>These pages need no build: <a href="/docs/errors">error codes</a>, <a href="/docs/preflight">rules</a>, '
    '<a href="/docs/permissions">permissions</a>, <a href="/docs/statuses">statuses of a post</a> and the '
    '<a href="/openapi.json">OpenAPI document</a>.</p>',
)
"""The page that says how to build the site."""
NOT_FOUND = DocumentPage(
    "Page not found",
    "<p>The documentation has no page with this address. Start with the "
    '<a href="/docs/quickstart">quickstart</a> or the <a href="/docs/reference">API reference</a>, or search.</p>',
)


@dataclass(frozen=True, slots=True)
class Site:
    """The files of the site, and the layout that it gives to generated pages.

    Without a built site, generated pages have a plain layout, and there are no files.

    Args:
        files: path below `/docs` → file. Only these are served, so no path leads out of the folder.
        layout: a page with placeholders for the title and the content; None if the site was not built.
        inline_scripts: the sources of a content security policy that allow the scripts in the generator's pages.
    """

    files: Mapping[str, Path] = field(default_factory=dict)
    layout: str | None = None
    inline_scripts: str = ""

    @classmethod
    def open(cls, directory: Path = DIRECTORY) -> "Site":
        """Return the site in a folder. It is empty if the folder does not exist."""
        if not (directory / "404.html").exists():
            return cls()
        files = {str(path.relative_to(directory)): path for path in directory.rglob("*") if path.is_file()}
        return cls(
            files=files,
            layout=files.pop("404.html").read_text(encoding="utf-8"),
            inline_scripts=files.pop("inline-scripts.txt").read_text(encoding="utf-8"),
        )

    def find(self, path: str) -> Path | None:
        """Return the file of a page or of something that pages load: `posts` and `posts.html` are the same page."""
        return self.files.get(path) or self.files.get(f"{path}.html")

    def render(self, content: DocumentPage) -> str:
        """Return a generated page."""
        if self.layout is None:
            return plain_page(content)
        body = f"<h1>{content.heading}</h1>{content.body}"
        return self.layout.replace("@@title@@", escape(content.title)).replace("@@content@@", body)
