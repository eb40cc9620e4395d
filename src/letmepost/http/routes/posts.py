"""`/v1/posts` and `/v1/batches`."""

import re
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from letmepost.domain.api_keys import Scope
from letmepost.domain.errors import InvalidRequest
from letmepost.domain.ids import Prefix
from letmepost.domain.posts import BatchStatus, PostStatus
from letmepost.http.answers import claim_of, show, to_response
from letmepost.http.gate import GatedRoute, caller_of, check_limit, needs
from letmepost.http.paging import before, next_cursor
from letmepost.http.schemas.base import find_id
from letmepost.http.schemas.posts import BatchView, CreatePost, PostPage, PostRead, PostWithAttempts
from letmepost.http.services import APIServices
from letmepost.services.idempotency import Answer, Once
from letmepost.storage.posts import BatchRow, PostFilter

WAIT_S = 25
WAIT_MAX_S = 60

router = APIRouter(route_class=GatedRoute, tags=["posts"])
_WAIT = re.compile(r"wait=(\d{1,4})")


@router.post(
    "/v1/posts",
    response_model=BatchView,
    responses={202: {"model": BatchView, "description": "Accepted; not settled yet."}},
    openapi_extra=needs(Scope.POSTS_WRITE),
)
async def create_post(body: CreatePost, request: Request) -> Response:
    """Publish or schedule a post to up to 25 accounts.

    Every target is checked against every rule of its platform first; one that is broken refuses the whole request and
    stores nothing. The answer waits for the outcome (`Prefer: wait=N`, 25 s by default, or `respond-async`).
    """
    services: APIServices = request.app.state.services

    def render(batch: BatchRow) -> Answer:
        view = BatchView.of(batch)
        is_open = view.status in {BatchStatus.QUEUED, BatchStatus.PUBLISHING}
        headers = {"content-type": "application/json", "location": f"/v1/batches/{view.id}"}
        return Answer(202 if is_open else 200, view.encode(), headers)

    answer = await services.submission.submit(
        caller_of(request),
        body.to_request(),
        Once(await claim_of(request), render),
        wait_s=_wait_s(request.headers.get("prefer", "")),
        request_id=request.state.request_id,
    )
    return to_response(answer)


@router.get("/v1/posts", response_model=PostPage, openapi_extra=needs(Scope.POSTS_READ))
async def list_posts(
    request: Request,
    profile_id: Annotated[list[str] | None, Query(alias="profileId")] = None,
    account_id: Annotated[list[str] | None, Query(alias="accountId")] = None,
    batch_id: Annotated[list[str] | None, Query(alias="batchId")] = None,
    platform: Annotated[list[str] | None, Query()] = None,
    status: Annotated[list[str] | None, Query()] = None,
    limit: str | None = None,
    cursor: str | None = None,
) -> Response:
    """List posts, newest first."""
    caller, size = caller_of(request), check_limit(limit)
    unknown = set(status or ()) - set(PostStatus)
    if unknown:
        raise InvalidRequest(f"There is no status {min(unknown)!r}.", rule="status")
    profile_ids = [find_id(Prefix.PROFILE, text) for text in profile_id or ()]
    for wanted in profile_ids:
        caller.narrow(wanted)
    wanted_posts = PostFilter(
        profile_ids=[caller.profile_id] if caller.profile_id is not None else profile_ids,
        account_ids=[find_id(Prefix.ACCOUNT, text) for text in account_id or ()],
        batch_ids=[find_id(Prefix.BATCH, text) for text in batch_id or ()],
        platforms=platform or (),
        statuses=status or (),
    )
    services: APIServices = request.app.state.services
    rows = await services.posts.list_page(caller, wanted_posts, before=before(Prefix.POST, cursor), limit=size + 1)
    following = next_cursor(Prefix.POST, [row.post.id for row in rows], size)
    return show(PostPage(data=[PostRead.of(row) for row in rows[:size]], next_cursor=following))


@router.get("/v1/posts/{post_id}", response_model=PostWithAttempts, openapi_extra=needs(Scope.POSTS_READ))
async def get_post(post_id: str, request: Request) -> Response:
    """Read a post with every attempt."""
    services: APIServices = request.app.state.services
    detail = await services.posts.get(caller_of(request), find_id(Prefix.POST, post_id))
    return show(PostWithAttempts.detail(detail))


@router.get("/v1/batches/{batch_id}", response_model=BatchView, openapi_extra=needs(Scope.POSTS_READ))
async def get_batch(batch_id: str, request: Request) -> Response:
    """Read what became of a request."""
    services: APIServices = request.app.state.services
    batch = await services.posts.get_batch(caller_of(request), find_id(Prefix.BATCH, batch_id))
    return show(BatchView.of(batch))


def _wait_s(prefer: str) -> float:
    """How long the caller wants to wait (RFC 7240, section 4.3); preferences that we do not know are ignored."""
    if "respond-async" in prefer:
        return 0
    found = _WAIT.search(prefer)
    return WAIT_S if found is None else min(int(found[1]), WAIT_MAX_S)
