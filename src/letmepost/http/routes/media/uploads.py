"""`/v1/media/uploads` for large files, and signed URLs that upload or read bytes without an API key."""

import re
from collections.abc import AsyncIterator
from functools import partial

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from starlette.requests import ClientDisconnect

from letmepost.domain import refusals
from letmepost.domain.api_keys import Scope
from letmepost.domain.ids import Prefix
from letmepost.http.gate import GatedRoute, OpenQueryRoute, caller_of, needs
from letmepost.http.perform import perform, perform_remotely, respond
from letmepost.http.routes.media.media import BINARY, url_for
from letmepost.http.schemas.base import path_id
from letmepost.http.schemas.media import MediaUploadView, MediaView, StartMediaUpload
from letmepost.http.services import APIServices
from letmepost.services.media import attachments
from letmepost.services.media.downloads import Readable

_BYTES = {"application/octet-stream": {"schema": BINARY}}
_RANGE = re.compile(r"bytes=([0-9]{0,19})-([0-9]{0,19})")

router = APIRouter(route_class=GatedRoute, tags=["media"])
signed_router = APIRouter(route_class=OpenQueryRoute, tags=["media"])


@router.post(
    "/v1/media/uploads", response_model=MediaUploadView, status_code=201, openapi_extra=needs(Scope.MEDIA_WRITE)
)
async def start_media_upload(body: StartMediaUpload, request: Request) -> Response:
    """Start the upload of a file of up to 4 GiB. PUT its bytes to the URL in the response within 24 hours."""
    services: APIServices = request.app.state.services
    wanted = body.to_request()
    return await perform(
        request,
        lambda work: services.uploads.start(work, wanted),
        partial(MediaUploadView.started, url_for=url_for(request)),
        status=201,
    )


@router.post("/v1/media/{media_id}/complete", response_model=MediaView, openapi_extra=needs(Scope.MEDIA_WRITE))
async def complete_media_upload(media_id: str, request: Request) -> Response:
    """Complete an upload that was sent to the blob store directly. After other uploads, return the media item."""
    services: APIServices = request.app.state.services
    tenant, media_uuid = caller_of(request).tenant, path_id(Prefix.MEDIA, media_id)
    return await perform_remotely(
        request,
        prepare=lambda work: attachments.get(work, media_uuid),
        call=lambda _: services.uploads.complete(tenant, media_uuid),
        record=lambda work, _: attachments.get(work, media_uuid),
        show=partial(MediaView.of, url_for=url_for(request)),
    )


@signed_router.put(
    "/v1/media/uploads/{token}",
    response_model=MediaView,
    openapi_extra={"requestBody": {"required": True, "content": _BYTES}},
)
async def upload_media_bytes(token: str, request: Request) -> Response:
    """Upload the bytes of a file to the URL that `POST /v1/media/uploads` returned. It needs no API key."""
    services: APIServices = request.app.state.services
    announced = request.headers.get("content-length")
    link = await services.uploads.admit(token, None if announced is None else int(announced))
    try:
        row = await services.uploads.receive(link, _body(request))
    except ClientDisconnect as gone:
        raise refusals.media.SIZE_MISMATCH(size_bytes=link.size_bytes) from gone
    return respond(MediaView.of(row, partial(services.media_links.to_read, link.tenant)))


# Not in the OpenAPI document: this is the `url` of a media item, or the URL that a platform fetches.
@signed_router.get("/media/{token}", include_in_schema=False)
async def read_media(token: str, request: Request) -> Response:
    """Read the bytes of a media item, or one range of them, at a signed URL."""
    services: APIServices = request.app.state.services
    found = await services.downloads.find(token)
    size_bytes = found.facts.size_bytes
    wanted = _wanted(request.headers.get("range"), size_bytes)
    if wanted is None:
        return Response(status_code=416, headers={"content-range": f"bytes */{size_bytes}"})
    first_byte, end = wanted
    headers = {**_headers(found), "content-length": str(end - first_byte)}
    chunks = await services.downloads.open(found, first_byte, end - first_byte)
    if end - first_byte == size_bytes:
        return StreamingResponse(chunks, headers=headers)
    headers["content-range"] = f"bytes {first_byte}-{end - 1}/{size_bytes}"
    return StreamingResponse(chunks, 206, headers=headers)


@signed_router.head("/media/{token}", include_in_schema=False)
async def describe_media(token: str, request: Request) -> Response:
    """Respond as `read_media`, without the bytes."""
    services: APIServices = request.app.state.services
    found = await services.downloads.find(token)
    return Response(headers={**_headers(found), "content-length": str(found.facts.size_bytes)})


async def _body(request: Request) -> AsyncIterator[bytes]:
    async for chunk in request.stream():
        if chunk:
            yield chunk


def _headers(found: Readable) -> dict[str, str]:
    """Return headers that keep browsers from executing the file, or from guessing another type."""
    return {
        "content-type": found.facts.content_type,
        "accept-ranges": "bytes",
        "cache-control": "no-store" if found.is_pulled else "private, max-age=86400, immutable",
        "content-security-policy": "default-src 'none'; sandbox",
        "x-content-type-options": "nosniff",
    }


def _wanted(header: str | None, size_bytes: int) -> tuple[int, int] | None:
    """Return the first byte of a range and the one after its last; None if it starts beyond the end of the file.

    The whole file is returned for a range that is missing or not understood, as RFC 9110 section 14 requires (read
    2026-11-22).
    """
    found = None if header is None else _RANGE.fullmatch(header.strip())
    if found is None or found.groups() == ("", ""):
        return 0, size_bytes
    first, last = found.groups()
    if not first:
        return (max(0, size_bytes - int(last)), size_bytes) if int(last) else None
    if last and int(last) < int(first):
        return 0, size_bytes
    if int(first) >= size_bytes:
        return None
    return int(first), min(int(last) + 1, size_bytes) if last else size_bytes
