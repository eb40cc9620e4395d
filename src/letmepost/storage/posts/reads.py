"""The posts of one tenant, read in one round trip by functions of the database.

The functions are in the migrations. They return the same as the statements of `storage.posts.posts`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from letmepost.storage.database import TenantReader
from letmepost.storage.posts.posts import AttemptRow, PostView, read_view

ROWS_MAX = 201
"""The limit in the text of `read_posts`: the largest page of the API, and one more row."""

_READ_POST = "SELECT * FROM read_post($1, $2, $3)"
_READ_POSTS = "SELECT * FROM read_posts($1, $2, $3, $4)"
_ABOVE_ALL = UUID(int=2**128 - 1)


class PostAndAttempts(NamedTuple):
    """A post, and its attempts, first to last."""

    view: PostView
    attempts: Sequence[AttemptRow]


class PostReads:
    """Posts of the reader's tenant."""

    def __init__(self, reader: TenantReader) -> None:
        self._reader = reader

    async def find(self, post_id: UUID) -> PostAndAttempts | None:
        """Return a post with its attempts."""
        for row in await self._reader.fetch(_READ_POST, post_id):
            return PostAndAttempts(read_view(row), [_attempt(facts) for facts in row["attempts"] or ()])
        return None

    async def list_page(self, *, limit: int, before: UUID | None = None) -> list[PostView]:
        """Return posts, newest first, below `before`.

        Raises:
            ValueError: `limit` is larger than `ROWS_MAX`. The function would return fewer rows than there are.
        """
        if limit > ROWS_MAX:
            message = f"at most {ROWS_MAX} posts can be read at a time, not {limit}"
            raise ValueError(message)
        return [read_view(row) for row in await self._reader.fetch(_READ_POSTS, before or _ABOVE_ALL, limit)]


def _attempt(facts: dict[str, Any]) -> AttemptRow:
    facts["id"] = UUID(facts["id"])
    for name in ("started_at", "finished_at"):
        facts[name] = None if facts[name] is None else datetime.fromisoformat(facts[name])
    return AttemptRow(**facts)
