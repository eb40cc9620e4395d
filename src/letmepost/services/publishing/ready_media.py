"""Makes sure that every medium of a post is here before anything is published."""

from collections.abc import Mapping
from typing import Any

from letmepost.domain.content import PostContent
from letmepost.domain.errors import FailureKind, PlatformFailure, SendFailure
from letmepost.services.media.fetch import MediaFetching
from letmepost.storage.database import Database, Tenant
from letmepost.storage.media.media import MediaRepository
from letmepost.storage.posts.contents import decode_content, media_ids


class MediaMissingError(Exception):
    """A medium of the post cannot be had, for good."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(error.get("message"))
        self.error = error


async def ready_content(
    database: Database, fetching: MediaFetching, tenant: Tenant, stored: Mapping[str, Any]
) -> PostContent:
    """The content with what every medium's bytes say; what is elsewhere is fetched now if that is still to do.

    Raises:
        MediaMissingError: a medium cannot be had.
        PlatformFailure: its server cannot be reached just now.
    """
    wanted = media_ids(decode_content(stored, {}))
    if not wanted:
        return decode_content(stored, {})
    async with database.tenant(tenant) as connection:
        rows = await MediaRepository(connection, tenant).find_many(wanted)
    facts = {}
    for media_id in wanted:
        row = rows.get(media_id)
        if row is not None and row.status in {"waiting", "uploading"}:
            try:
                row = await fetching.fetch(tenant, media_id)
            except SendFailure as failure:
                raise PlatformFailure(
                    FailureKind.UNAVAILABLE, f"A medium cannot be had just now: {failure}"
                ) from failure
        if row is None or row.facts is None:
            raise MediaMissingError((row.error if row else None) or {"rule": "media.unknown"})
        facts[media_id] = row.facts
    return decode_content(stored, facts)
