"""What can be done with posts after they were accepted, and before."""

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter, Request, Response

from letmepost.domain.api_keys import Scope
from letmepost.domain.ids import Prefix, spell
from letmepost.http.answers import once, respond_once
from letmepost.http.gate import GatedRoute, caller_of, needs
from letmepost.http.perform import begin_work, claim_of, respond
from letmepost.http.routes.posts.posts import render_batch
from letmepost.http.schemas.base import find_id
from letmepost.http.schemas.batches import BatchView
from letmepost.http.schemas.contents import CreatePost
from letmepost.http.schemas.editing import (
    Canceled,
    ChangePost,
    JudgedView,
    Resolve,
    Retried,
    RetryMany,
    Timeline,
    Validated,
    When,
)
from letmepost.http.schemas.posts import PostRead
from letmepost.http.services import APIServices
from letmepost.services.old_idempotency import Once
from letmepost.services.posts import timeline

router = APIRouter(route_class=GatedRoute, tags=["posts"])


@router.post("/v1/posts/validate", response_model=Validated, openapi_extra=needs(Scope.POSTS_WRITE))
async def validate_post(body: CreatePost, request: Request) -> Response:
    """Judge a request without carrying it out: every violation of every target, and what would be sent first."""
    services: APIServices = request.app.state.services
    verdicts = await services.validation.validate(caller_of(request), body.to_request())
    targets = [JudgedView.of(verdict) for verdict in verdicts]
    return respond(Validated(valid=all(target.valid for target in targets), targets=targets))


@router.post("/v1/posts/retry", response_model=Retried, openapi_extra=needs(Scope.POSTS_WRITE))
async def retry_posts(body: RetryMany, request: Request) -> Response:
    """Queue again every post that fits and can be retried: for after an outage."""
    services: APIServices = request.app.state.services
    caller = caller_of(request)

    def shown(ids: Sequence[UUID]) -> Retried:
        return Retried(post_ids=[spell(Prefix.POST, post_id) for post_id in ids])

    answered = await once(request, shown)
    retrying = services.retrying.retry_many(caller, body.filter.to_filter(caller), body.scheduled_at, answered)
    return await respond_once(request, answered, retrying)


@router.patch("/v1/posts/{post_id}", response_model=PostRead, openapi_extra=needs(Scope.POSTS_WRITE))
async def change_post(post_id: str, body: ChangePost, request: Request) -> Response:
    """Rewrite or reschedule a post that has not gone out. New content is checked like a new post's."""
    services: APIServices = request.app.state.services
    wanted = await once(request, PostRead.of)
    changing = services.editing.change(caller_of(request), find_id(Prefix.POST, post_id), body.to_change(), wanted)
    return await respond_once(request, wanted, changing)


@router.delete("/v1/posts/{post_id}", response_model=Canceled, openapi_extra=needs(Scope.POSTS_WRITE))
async def cancel_post(post_id: str, request: Request) -> Response:
    """Cancel a post that has not gone out."""
    services: APIServices = request.app.state.services
    wanted = await once(request, Canceled.of)
    canceling = services.editing.cancel(caller_of(request), find_id(Prefix.POST, post_id), wanted)
    return await respond_once(request, wanted, canceling)


@router.post("/v1/posts/{post_id}/retry", response_model=PostRead, openapi_extra=needs(Scope.POSTS_WRITE))
async def retry_post(post_id: str, request: Request, body: When | None = None) -> Response:
    """Queue again a post that failed, was refused or canceled, or whose thread broke; it resumes where it broke."""
    services: APIServices = request.app.state.services
    wanted = await once(request, PostRead.of)
    scheduled_at = None if body is None else body.scheduled_at
    retrying = services.retrying.retry(caller_of(request), find_id(Prefix.POST, post_id), scheduled_at, wanted)
    return await respond_once(request, wanted, retrying)


@router.post("/v1/posts/{post_id}/resolve", response_model=PostRead, openapi_extra=needs(Scope.POSTS_WRITE))
async def resolve_post(post_id: str, body: Resolve, request: Request) -> Response:
    """Say what became of a post whose outcome could not be learnt."""
    services: APIServices = request.app.state.services
    wanted = await once(request, PostRead.of)
    resolving = services.retrying.resolve(
        caller_of(request), find_id(Prefix.POST, post_id), body.to_resolution(), wanted
    )
    return await respond_once(request, wanted, resolving)


@router.post("/v1/posts/{post_id}/unpublish", response_model=PostRead, openapi_extra=needs(Scope.POSTS_WRITE))
async def unpublish_post(post_id: str, request: Request) -> Response:
    """Delete a published post on its platform, with its thread and comments. Its status stays."""
    services: APIServices = request.app.state.services
    wanted = await once(request, PostRead.of)
    unpublishing = services.unpublishing.unpublish(caller_of(request), find_id(Prefix.POST, post_id), wanted)
    return await respond_once(request, wanted, unpublishing)


@router.get("/v1/posts/{post_id}/timeline", response_model=Timeline, openapi_extra=needs(Scope.POSTS_READ))
async def read_timeline(post_id: str, request: Request) -> Response:
    """What happened to a post and why, in plain words and as data: the evidence that it was published once."""
    post_uuid = find_id(Prefix.POST, post_id)
    async with begin_work(request) as work:
        entries = await timeline.list_entries(work, post_uuid)
    return respond(Timeline.of(entries))


@router.post(
    "/v1/batches/{batch_id}/publish",
    response_model=BatchView,
    responses={202: {"model": BatchView, "description": "Accepted; not settled yet."}},
    openapi_extra=needs(Scope.POSTS_WRITE),
)
async def publish_batch(batch_id: str, request: Request, body: When | None = None) -> Response:
    """Publish a draft, now or later. Does not wait for the outcome."""
    services: APIServices = request.app.state.services
    wanted = Once(await claim_of(request), render_batch)
    scheduled_at = None if body is None else body.scheduled_at
    publishing = services.editing.publish_batch(
        caller_of(request), find_id(Prefix.BATCH, batch_id), scheduled_at, wanted
    )
    return await respond_once(request, wanted, publishing)


@router.delete("/v1/batches/{batch_id}", response_model=BatchView, openapi_extra=needs(Scope.POSTS_WRITE))
async def cancel_batch(batch_id: str, request: Request) -> Response:
    """Cancel all of a batch that still can be."""
    services: APIServices = request.app.state.services
    wanted = await once(request, BatchView.of)
    canceling = services.editing.cancel_batch(caller_of(request), find_id(Prefix.BATCH, batch_id), wanted)
    return await respond_once(request, wanted, canceling)
