"""The migrations of this release, read without Alembic: services only compare their names."""

import re
from pathlib import Path

MIGRATIONS = Path(__file__).resolve().parents[3] / "migrations"
_REVISION = re.compile(r'^revision = "(.+)"$', re.MULTILINE)


def newest_revision() -> str:
    """Return the newest revision. Revisions are dates, so it is the greatest."""
    found = (_REVISION.search(file.read_text(encoding="utf-8")) for file in (MIGRATIONS / "versions").glob("*.py"))
    return max(match[1] for match in found if match is not None)
