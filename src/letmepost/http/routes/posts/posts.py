"""`/v1/posts` and `/v1/batches`."""

import re
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from letmepost.domain import refusals
from letmepost.domain.api_keys import Scope
from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.posts import BatchStatus
from letmepost.http.bodies import JSONRequest
from letmepost.http.gate import GatedRoute, OpenQueryRoute, caller_of, needs
from letmepost.http.paging import before, next_cursor
from letmepost.http.perform import begin_work, claim_of, reads_of, renderer, respond, to_response
from letmepost.http.schemas.base import path_id
from letmepost.http.schemas.batches import BatchView
from letmepost.http.schemas.contents import CreatePost
from letmepost.http.schemas.post_queries import PostQuery
from letmepost.http.schemas.posts import PostPage, PostRead, PostWithAttempts
from letmepost.http.services import APIServices
from letmepost.http.suggested_requests import suggest_request
from letmepost.services.posts import read
from letmepost.storage.posts.batches import BatchRow
from letmepost.storage.posts.posts import PostFilter, PostView

WAIT_S = 25
WAIT_MAX_S = 60

_STATUS_CODES = {
    BatchStatus.DRAFT: 201,
    BatchStatus.QUEUED: 202,
    BatchStatus.PUBLISHING: 202,
    BatchStatus.HELD: 202,
}

router = APIRouter(route_class=GatedRoute, tags=["posts"])
foreign_router = APIRouter(route_class=OpenQueryRoute)
_WAIT = re.compile(r"wait=(\d{1,4})")


@router.post(
    "/v1/posts",
    response_model=BatchView,
    responses={
        201: {"model": BatchView, "description": "Stored as a draft."},
        202: {"model": BatchView, "description": "Accepted, and not settled yet."},
    },
    openapi_extra=needs(Scope.POSTS_WRITE),
)
async def create_post(body: CreatePost, request: Request) -> Response:
    """Publish or schedule a post to up to 25 accounts.

    Every target is checked against the rules of its platform first. One broken rule rejects the whole request, and
    nothing is stored. The response waits for the outcome (`Prefer: wait=N`, 25 s by default, or `respond-async`).
    """
    services: APIServices = request.app.state.services
    answer = await services.submission.submit(
        caller_of(request),
        await claim_of(request),
        body.to_request(),
        render_batch,
        wait_s=_wait_s(request.headers.get("prefer", "")),
        request_id=request.state.request_id,
    )
    return to_response(answer)


@foreign_router.post("/v1/social-posts", include_in_schema=False)
async def reject_foreign_request(request: Request) -> Response:
    """Reject a request to a path of another API, and show the equivalent request."""
    body = JSONRequest(request.scope, request.receive)
    await body.read()
    error = refusals.requests.PATH_UNKNOWN(
        method=request.method, path=request.url.path, suggestion="/v1/posts", hint="Send the request to /v1/posts."
    )
    error.suggested_request = suggest_request(await body.json()) if await body.body() else None
    raise error


@router.get("/v1/posts", response_model=PostPage, openapi_extra=needs(Scope.POSTS_READ))
async def list_posts(request: Request, query: Annotated[PostQuery, Query()]) -> Response:
    """List posts, newest first. A post matches if it matches every filter, and any value of each filter."""
    size, wanted = query.limit, query.to_filter(caller_of(request))
    rows = await _list_rows(request, wanted, before(Prefix.POST, query.cursor), size + 1)
    following = next_cursor(Prefix.POST, [row.post.id for row in rows], size)
    return respond(PostPage(data=[PostRead.of(row) for row in rows[:size]], next_cursor=following))


async def _list_rows(request: Request, wanted: PostFilter, below: UUID | None, limit: int) -> list[PostView]:
    if wanted.is_empty:
        return await reads_of(request).posts.list_page(before=below, limit=limit)
    async with begin_work(request) as work:
        return await work.posts.list_page(wanted, before=below, limit=limit)


@router.get("/v1/posts/{post_id}", response_model=PostWithAttempts, openapi_extra=needs(Scope.POSTS_READ))
async def get_post(post_id: str, request: Request) -> Response:
    """Read a post with all its attempts."""
    post_uuid = path_id(Prefix.POST, post_id)
    services: APIServices = request.app.state.services
    detail = await read.get_detail(reads_of(request), services.upload_reports, post_uuid)
    return respond(PostWithAttempts.detail(detail))


@router.get("/v1/batches/{batch_id}", response_model=BatchView, openapi_extra=needs(Scope.POSTS_READ))
async def get_batch(batch_id: str, request: Request) -> Response:
    """Read a batch: the result of a request, with every target."""
    batch_uuid = path_id(Prefix.BATCH, batch_id)
    async with begin_work(request) as work:
        batch = await read.get_batch(work, batch_uuid)
    return respond(BatchView.of(batch))


def status_of_batch(batch: BatchRow) -> int:
    """Return the status code of a response with a batch: 201 for a draft, 202 while it is open, 200 when settled."""
    return _STATUS_CODES.get(batch.status, 200)


def location_of_batch(batch: BatchRow) -> str:
    """Return the path of a batch."""
    return f"/v1/batches/{format_id(Prefix.BATCH, batch.id)}"


render_batch = renderer(BatchView.of, status_of_batch, location_of_batch)


def _wait_s(prefer: str) -> float:
    """Return how long the response may wait (RFC 7240, section 4.3). Unknown preferences are ignored."""
    if "respond-async" in prefer:
        return 0
    found = _WAIT.search(prefer)
    return WAIT_S if found is None else min(int(found[1]), WAIT_MAX_S)
