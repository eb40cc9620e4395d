"""Pages of lists."""

from typing import Any

from sqlalchemy import Column, Integer, Select, Subquery, bindparam


def newest(matching: Select[Any], by: Column[Any], limit: int) -> Subquery:
    """The rows that a page shows, for joins to start from.

    PostgreSQL cannot know that row-level security lets every joined row pass. It expects next to none, and would join
    everything that matches before it sorts, unless the page is taken first. The limit is part of the statement's text,
    or else a plan that is kept would be made for a tenth of all rows.
    """
    shown = bindparam("page_size", limit, Integer, literal_execute=True)
    return matching.order_by(by.desc()).limit(shown).subquery("page")
