"""`/v1/media/uploads` for large files, and signed URLs that upload bytes without an API key."""

from collections.abc import AsyncIterator
from functools import partial

from fastapi import APIRouter, Request, Response
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

_BYTES = {"application/octet-stream": {"schema": BINARY}}

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


async def _body(request: Request) -> AsyncIterator[bytes]:
    async for chunk in request.stream():
        if chunk:
            yield chunk
