"""`/v1/media`."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from letmepost.domain import refusals
from letmepost.domain.api_keys import Scope
from letmepost.domain.ids import Prefix
from letmepost.domain.sizes import FILENAME_MAX_CHARS
from letmepost.http.gate import GatedRoute, caller_of, needs
from letmepost.http.paging import before, next_cursor
from letmepost.http.perform import begin_work, perform, perform_remotely, respond
from letmepost.http.schemas.accounts import DeletedObject
from letmepost.http.schemas.base import body_profile_id, find_id, path_id
from letmepost.http.schemas.media import ImportMedia, MediaPage, MediaQuery, MediaView, URLFor
from letmepost.http.services import APIServices
from letmepost.services.media import attachments

CHUNK_BYTES = 256 * 1024
_PARTS_MAX = 10
# OpenAPI 3.1 needs only the media type. Generators look for the format.
BINARY = {"type": "string", "format": "binary", "contentMediaType": "application/octet-stream"}
_FORM = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {"file": BINARY},
                "required": ["file"],
            }
        }
    },
}
_HOW_TO_UPLOAD = "Send multipart/form-data with the file in the field `file`."

router = APIRouter(route_class=GatedRoute, tags=["media"])


def url_for(request: Request) -> URLFor:
    """Return the function that creates the URLs of the caller's media items."""
    services: APIServices = request.app.state.services
    return partial(services.media_links.to_read, caller_of(request).tenant)


@router.post(
    "/v1/media",
    response_model=MediaView,
    status_code=201,
    openapi_extra={**needs(Scope.MEDIA_WRITE), "requestBody": _FORM},
)
async def upload_media(
    request: Request,
    profile_id: Annotated[str | None, Query(alias="profileId", description="The profile that the file is for.")] = None,
) -> Response:
    """Upload one file of up to 200 MiB as the multipart field `file`. Its type is detected from its bytes."""
    services: APIServices = request.app.state.services
    async with _form(request) as form:
        file, profile_uuid = _only_file(form), _profile(profile_id)
        filename = (file.filename or "")[:FILENAME_MAX_CHARS]
        return await perform_remotely(
            request,
            prepare=lambda work: attachments.prepare(work, profile_uuid, filename=filename),
            call=lambda item: services.media.store(item, _chunks(file)),
            record=services.media.create,
            undo=services.media.discard,
            show=partial(MediaView.of, url_for=url_for(request)),
            status=201,
            body=await _digest(file),
        )


@router.post("/v1/media/import", response_model=MediaView, status_code=201, openapi_extra=needs(Scope.MEDIA_WRITE))
async def import_media(body: ImportMedia, request: Request) -> Response:
    """Import the file behind a public URL, up to 200 MiB."""
    services: APIServices = request.app.state.services
    profile_uuid = _profile(body.profile_id)
    return await perform_remotely(
        request,
        prepare=lambda work: attachments.prepare(work, profile_uuid, source_url=body.url),
        call=lambda item: services.media.download(item, body.url),
        record=services.media.create,
        undo=services.media.discard,
        show=partial(MediaView.of, url_for=url_for(request)),
        status=201,
    )


@router.get("/v1/media", response_model=MediaPage, openapi_extra=needs(Scope.MEDIA_READ))
async def list_media(request: Request, query: Annotated[MediaQuery, Query()]) -> Response:
    """List media items, newest first."""
    profile_ids = [find_id(Prefix.PROFILE, text) for text in query.profile_id]
    below = before(Prefix.MEDIA, query.cursor)
    async with begin_work(request) as work:
        rows = await attachments.list_page(work, profile_ids, before=below, limit=query.limit + 1)
    following = next_cursor(Prefix.MEDIA, [row.id for row in rows], query.limit)
    views = [MediaView.of(row, url_for(request)) for row in rows[: query.limit]]
    return respond(MediaPage(data=views, next_cursor=following))


@router.get("/v1/media/{media_id}", response_model=MediaView, openapi_extra=needs(Scope.MEDIA_READ))
async def get_media(media_id: str, request: Request) -> Response:
    """Read a media item."""
    media_uuid = path_id(Prefix.MEDIA, media_id)
    async with begin_work(request) as work:
        row = await attachments.get(work, media_uuid)
    return respond(MediaView.of(row, url_for(request)))


@router.delete("/v1/media/{media_id}", response_model=DeletedObject, openapi_extra=needs(Scope.MEDIA_WRITE))
async def delete_media(media_id: str, request: Request) -> Response:
    """Delete a media item and its bytes. Not possible (409) while an unfinished post uses it."""
    services: APIServices = request.app.state.services
    media_uuid = path_id(Prefix.MEDIA, media_id)
    return await perform(
        request, lambda work: services.media.delete(work, media_uuid), DeletedObject.named(Prefix.MEDIA)
    )


@asynccontextmanager
async def _form(request: Request) -> AsyncIterator[FormData]:
    """Parse the form of a request. Its temporary files are deleted at the end."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise refusals.media.CONTENT_TYPE()
    try:
        form = await request.form(max_files=_PARTS_MAX, max_fields=_PARTS_MAX)
    except HTTPException as error:
        raise refusals.media.FORM(problem=error.detail) from error
    try:
        yield form
    finally:
        await form.close()


def _only_file(form: FormData) -> UploadFile:
    files = [(name, value) for name, value in form.multi_items() if isinstance(value, UploadFile)]
    if len(files) > 1:
        raise refusals.media.SINGLE_FILE()
    for name, file in files:
        if name == "file":
            return file
    raise refusals.media.MISSING_FILE()


def _profile(text: str | None) -> UUID | None:
    return body_profile_id(text)


async def _chunks(file: UploadFile) -> AsyncIterator[bytes]:
    await file.seek(0)
    while chunk := await file.read(CHUNK_BYTES):
        yield chunk


async def _digest(file: UploadFile) -> bytes:
    """Return the digest of the file for the idempotency fingerprint: a multipart boundary differs in every retry."""
    digest = hashlib.sha256()
    async for chunk in _chunks(file):
        digest.update(chunk)
    return digest.digest()
