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

from letmepost.domain.api_keys import Scope
from letmepost.domain.errors import InvalidRequest
from letmepost.domain.ids import Prefix, spell
from letmepost.domain.sizes import FILENAME_MAX_CHARS
from letmepost.http.answers import once, respond, show
from letmepost.http.gate import GatedRoute, caller_of, needs
from letmepost.http.paging import before, next_cursor
from letmepost.http.schemas.accounts import Deleted
from letmepost.http.schemas.base import find_id
from letmepost.http.schemas.media import ImportMedia, MediaPage, MediaQuery, MediaView, URLFor
from letmepost.http.services import APIServices

CHUNK_BYTES = 256 * 1024
_PARTS_MAX = 10
_FORM = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}},
                "required": ["file"],
            }
        }
    },
}
_HOW_TO_UPLOAD = "Send multipart/form-data with the file in the field `file`."

router = APIRouter(route_class=GatedRoute, tags=["media"])


def url_for(request: Request) -> URLFor:
    """How the caller's media are read."""
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
    """Upload one file as the multipart field `file`, up to 200 MiB. What it is, its bytes say."""
    services: APIServices = request.app.state.services
    async with _form(request) as form:
        file = _only_file(form)
        wanted = await once(
            request, partial(MediaView.of, url_for=url_for(request)), status=201, body=await _digest(file)
        )
        uploading = services.media.upload(
            caller_of(request), _chunks(file), (file.filename or "")[:FILENAME_MAX_CHARS], _profile(profile_id), wanted
        )
        return await respond(request, wanted, uploading)


@router.post("/v1/media/import", response_model=MediaView, status_code=201, openapi_extra=needs(Scope.MEDIA_WRITE))
async def import_media(body: ImportMedia, request: Request) -> Response:
    """Take in the file that a public URL answers with, up to 200 MiB."""
    services: APIServices = request.app.state.services
    wanted = await once(request, partial(MediaView.of, url_for=url_for(request)), status=201)
    importing = services.media.import_url(caller_of(request), body.url, _profile(body.profile_id), wanted)
    return await respond(request, wanted, importing)


@router.get("/v1/media", response_model=MediaPage, openapi_extra=needs(Scope.MEDIA_READ))
async def list_media(request: Request, query: Annotated[MediaQuery, Query()]) -> Response:
    """List media, newest first."""
    services: APIServices = request.app.state.services
    profile_ids = [find_id(Prefix.PROFILE, text) for text in query.profile_id]
    rows = await services.media.list_page(
        caller_of(request), profile_ids, before=before(Prefix.MEDIA, query.cursor), limit=query.limit + 1
    )
    following = next_cursor(Prefix.MEDIA, [row.id for row in rows], query.limit)
    views = [MediaView.of(row, url_for(request)) for row in rows[: query.limit]]
    return show(MediaPage(data=views, next_cursor=following))


@router.get("/v1/media/{media_id}", response_model=MediaView, openapi_extra=needs(Scope.MEDIA_READ))
async def get_media(media_id: str, request: Request) -> Response:
    """Read what is known of a medium."""
    services: APIServices = request.app.state.services
    row = await services.media.get(caller_of(request), find_id(Prefix.MEDIA, media_id))
    return show(MediaView.of(row, url_for(request)))


@router.delete("/v1/media/{media_id}", response_model=Deleted, openapi_extra=needs(Scope.MEDIA_WRITE))
async def delete_media(media_id: str, request: Request) -> Response:
    """Remove a medium with its bytes; 409 while a post that has not ended needs it."""
    services: APIServices = request.app.state.services

    def gone(deleted: UUID) -> Deleted:
        return Deleted(id=spell(Prefix.MEDIA, deleted))

    wanted = await once(request, gone)
    deleting = services.media.delete(caller_of(request), find_id(Prefix.MEDIA, media_id), wanted)
    return await respond(request, wanted, deleting)


@asynccontextmanager
async def _form(request: Request) -> AsyncIterator[FormData]:
    """The form that a request brings; its files are gone afterwards."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise InvalidRequest(
            "The body is not said to be a form.", rule="media.content_type", remediation=_HOW_TO_UPLOAD
        )
    try:
        form = await request.form(max_files=_PARTS_MAX, max_fields=_PARTS_MAX)
    except HTTPException as error:
        raise InvalidRequest(
            f"The form cannot be read: {error.detail}", rule="media.form", remediation=_HOW_TO_UPLOAD
        ) from error
    try:
        yield form
    finally:
        await form.close()


def _only_file(form: FormData) -> UploadFile:
    files = [(name, value) for name, value in form.multi_items() if isinstance(value, UploadFile)]
    if len(files) > 1:
        raise InvalidRequest(
            "The request has more than one file.", rule="media.single_file", remediation="Upload one file at a time."
        )
    for name, file in files:
        if name == "file":
            return file
    raise InvalidRequest("The request has no file.", rule="media.missing_file", remediation=_HOW_TO_UPLOAD)


def _profile(text: str | None) -> UUID | None:
    return None if text is None else find_id(Prefix.PROFILE, text)


async def _chunks(file: UploadFile) -> AsyncIterator[bytes]:
    await file.seek(0)
    while chunk := await file.read(CHUNK_BYTES):
        yield chunk


async def _digest(file: UploadFile) -> bytes:
    """What stands for the body in the idempotency fingerprint: a multipart boundary differs at every try."""
    digest = hashlib.sha256()
    async for chunk in _chunks(file):
        digest.update(chunk)
    return digest.digest()
