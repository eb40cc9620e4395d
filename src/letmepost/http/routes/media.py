"""`/v1/media`."""

import hashlib
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request, Response
from starlette.datastructures import UploadFile

from letmepost.domain.api_keys import Scope
from letmepost.domain.errors import InvalidRequest
from letmepost.domain.ids import Prefix
from letmepost.http.answers import once, respond, show
from letmepost.http.gate import GatedRoute, caller_of, check_limit, needs
from letmepost.http.paging import before, next_cursor
from letmepost.http.schemas.resources import MediaPage, MediaView
from letmepost.http.services import APIServices

CHUNK_BYTES = 256 * 1024

router = APIRouter(route_class=GatedRoute, tags=["media"])


@router.post("/v1/media", response_model=MediaView, status_code=201, openapi_extra=needs(Scope.MEDIA_WRITE))
async def upload_media(request: Request) -> Response:
    """Upload one file as the multipart field `file`, up to 200 MiB. What it is, its bytes say."""
    services: APIServices = request.app.state.services
    async with request.form(max_files=1, max_fields=10) as form:
        files = [value for value in form.getlist("file") if isinstance(value, UploadFile)]
        if not files:
            raise InvalidRequest(
                "The request has no file.",
                rule="media.missing_file",
                remediation="Send multipart/form-data with the file in the field `file`.",
            )
        file = files[0]
        wanted = await once(request, MediaView.of, status=201, body=await _digest(file))
        uploading = services.media.upload(caller_of(request), _chunks(file), wanted)
        return await respond(request, wanted, uploading)


@router.get("/v1/media", response_model=MediaPage, openapi_extra=needs(Scope.MEDIA_READ))
async def list_media(request: Request, limit: str | None = None, cursor: str | None = None) -> Response:
    """List media, newest first."""
    services: APIServices = request.app.state.services
    size = check_limit(limit)
    rows = await services.media.list_page(caller_of(request), before=before(Prefix.MEDIA, cursor), limit=size + 1)
    following = next_cursor(Prefix.MEDIA, [row.id for row in rows], size)
    return show(MediaPage(data=[MediaView.of(row) for row in rows[:size]], next_cursor=following))


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
