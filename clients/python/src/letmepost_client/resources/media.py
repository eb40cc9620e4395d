"""Media items."""

from letmepost_client.encoding import body_of, path_of
from letmepost_client.flow import Block, Flow, Progress
from letmepost_client.models.base import Page
from letmepost_client.models.media import Media, MediaUpload
from letmepost_client.models.service import DeletedObject
from letmepost_client.operations import AsyncResource, ListCall, Resource, SyncResource, listing, operation
from letmepost_client.uploads import Source, complete_upload, open_source, start_upload, upload


class MediaOperations(Resource):
    """Media items."""

    @operation
    def upload(
        self,
        source: Source,
        *,
        filename: str | None = None,
        content_type: str | None = None,
        profile_id: str | None = None,
        progress: Progress | None = None,
        idempotency_key: str | None = None,
    ) -> Flow[Media]:
        """Upload a file; return the media item.

        A file of up to 8 MiB is sent in one request. A larger one, up to 4 GiB, is streamed to an upload URL.

        Args:
            source: a path, a file that is open in binary mode and seekable, or bytes.
            progress: is called with the bytes sent so far and the size of the file. It starts again with a retry.

        Raises:
            OSError: the file cannot be read.
            TypeError: the file is open in text mode.
            ValueError: the file is empty.
        """
        opened = yield Block(lambda: open_source(source, filename, content_type, progress))
        try:
            return (yield from upload(self._core, opened, profile_id, idempotency_key))
        finally:
            opened.close()

    @operation
    def start_upload(
        self,
        *,
        filename: str,
        content_type: str,
        size_bytes: int,
        profile_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Flow[MediaUpload]:
        """Return the request with which another program uploads a file. Then call `complete_upload`."""
        return start_upload(
            self._core,
            filename=filename,
            content_type=content_type,
            size_bytes=size_bytes,
            profile_id=profile_id,
            idempotency_key=idempotency_key,
        )

    @operation
    def complete_upload(self, media_id: str, *, idempotency_key: str | None = None) -> Flow[Media]:
        """Check the bytes that were uploaded; return the media item."""
        return complete_upload(self._core, media_id, idempotency_key)

    @operation
    def import_url(self, url: str, *, profile_id: str | None = None, idempotency_key: str | None = None) -> Flow[Media]:
        """Import a file from a URL. The media item is `waiting` until the server has fetched it."""
        body = body_of({"url": url, "profile_id": profile_id})
        return self._core.call("POST", "/v1/media/import", Media, body=body, idempotency_key=idempotency_key)

    @operation
    def get(self, media_id: str) -> Flow[Media]:
        """Return a media item."""
        return self._core.call("GET", path_of("/v1/media/{}", media_id), Media)

    @operation
    def delete(self, media_id: str, *, idempotency_key: str | None = None) -> Flow[DeletedObject]:
        """Delete a media item that no waiting post uses."""
        path = path_of("/v1/media/{}", media_id)
        return self._core.call("DELETE", path, DeletedObject, idempotency_key=idempotency_key)

    @listing
    def list(
        self, *, profile_id: str | None = None, limit: int | None = None, cursor: str | None = None
    ) -> ListCall[Media]:
        """List media items, newest first."""
        return self._list("/v1/media", Page[Media], cursor=cursor, limit=limit, profile_id=profile_id)


class MediaItems(MediaOperations, SyncResource):
    """Media items."""


class AsyncMediaItems(MediaOperations, AsyncResource):
    """Media items."""
