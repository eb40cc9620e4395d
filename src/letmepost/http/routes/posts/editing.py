"""Routes that validate, change, retry, resolve and unpublish posts."""

from fastapi import APIRouter, Request, Response

from letmepost.domain.api_keys import Scope
from letmepost.domain.ids import Prefix
from letmepost.http.gate import GatedRoute, caller_of, needs
from letmepost.http.perform import begin_work, perform, perform_remotely, respond
from letmepost.http.routes.posts.posts import location_of_batch, status_of_batch
from letmepost.http.schemas.base import path_id
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
from letmepost.services.posts import change, retry, timeline, unpublish

router = APIRouter(route_class=GatedRoute, tags=["posts"])


@router.post("/v1/posts/validate", response_model=Validated, openapi_extra=needs(Scope.POSTS_WRITE))
async def validate_post(body: CreatePost, request: Request) -> Response:
    """Validate a request without running it. Returns every violation, and a preview of each target's first call."""
    services: APIServices = request.app.state.services
    verdicts = await services.validation.validate(caller_of(request), body.to_request())
    targets = [JudgedView.of(verdict) for verdict in verdicts]
    return respond(Validated(valid=all(target.valid for target in targets), targets=targets))


@router.post("/v1/posts/retry", response_model=Retried, openapi_extra=needs(Scope.POSTS_WRITE))
async def retry_posts(body: RetryMany, request: Request) -> Response:
    """Retry every post that matches the filter and can be retried, for example after an outage."""
    wanted = body.filter.to_filter(caller_of(request))
    return await perform(request, lambda work: retry.retry_many(work, wanted, body.scheduled_at), Retried.of)


@router.patch("/v1/posts/{post_id}", response_model=PostRead, openapi_extra=needs(Scope.POSTS_WRITE))
async def change_post(post_id: str, body: ChangePost, request: Request) -> Response:
    """Change the content or the schedule of a post that was not sent yet. New content is validated as in a new post."""
    services: APIServices = request.app.state.services
    editing, post_uuid = services.editing, path_id(Prefix.POST, post_id)
    wanted = body.to_change()
    return await perform_remotely(
        request,
        prepare=lambda work: editing.check(work, post_uuid, wanted),
        call=lambda post: editing.store_files(caller_of(request), post, wanted),
        record=lambda work, changed: editing.change(work, post_uuid, changed),
        show=PostRead.of,
    )


@router.delete("/v1/posts/{post_id}", response_model=Canceled, openapi_extra=needs(Scope.POSTS_WRITE))
async def cancel_post(post_id: str, request: Request) -> Response:
    """Cancel a post that was not sent yet."""
    post_uuid = path_id(Prefix.POST, post_id)
    return await perform(request, lambda work: change.cancel(work, post_uuid), Canceled.of)


@router.post("/v1/posts/{post_id}/retry", response_model=PostRead, openapi_extra=needs(Scope.POSTS_WRITE))
async def retry_post(post_id: str, request: Request, body: When | None = None) -> Response:
    """Retry a post that failed, was rejected or canceled, or has an unfinished thread, which resumes where it ended."""
    post_uuid, scheduled_at = path_id(Prefix.POST, post_id), None if body is None else body.scheduled_at
    return await perform(request, lambda work: retry.retry(work, post_uuid, scheduled_at), PostRead.of)


@router.post("/v1/posts/{post_id}/resolve", response_model=PostRead, openapi_extra=needs(Scope.POSTS_WRITE))
async def resolve_post(post_id: str, body: Resolve, request: Request) -> Response:
    """Set the outcome of a post for which it could not be confirmed."""
    post_uuid = path_id(Prefix.POST, post_id)
    return await perform(request, lambda work: retry.resolve(work, post_uuid, body.to_resolution()), PostRead.of)


@router.post("/v1/posts/{post_id}/unpublish", response_model=PostRead, openapi_extra=needs(Scope.POSTS_WRITE))
async def unpublish_post(post_id: str, request: Request) -> Response:
    """Delete a published post on its platform, with its thread and comments. Its status does not change."""
    services: APIServices = request.app.state.services
    unpublishing, post_uuid = services.unpublishing, path_id(Prefix.POST, post_id)
    return await perform_remotely(
        request,
        prepare=lambda work: unpublishing.prepare(work, post_uuid),
        call=lambda post: unpublishing.delete(caller_of(request).tenant, post),
        record=unpublish.record,
        show=PostRead.of,
    )


@router.get("/v1/posts/{post_id}/timeline", response_model=Timeline, openapi_extra=needs(Scope.POSTS_READ))
async def read_timeline(post_id: str, request: Request) -> Response:
    """Read the history of a post, as text and as data. It shows that the post was published once."""
    post_uuid = path_id(Prefix.POST, post_id)
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
    batch_uuid, scheduled_at = path_id(Prefix.BATCH, batch_id), None if body is None else body.scheduled_at
    return await perform(
        request,
        lambda work: change.publish_batch(work, batch_uuid, scheduled_at),
        BatchView.of,
        status=status_of_batch,
        location=location_of_batch,
    )


@router.delete("/v1/batches/{batch_id}", response_model=BatchView, openapi_extra=needs(Scope.POSTS_WRITE))
async def cancel_batch(batch_id: str, request: Request) -> Response:
    """Cancel every post of a batch that can still be canceled."""
    batch_uuid = path_id(Prefix.BATCH, batch_id)
    return await perform(request, lambda work: change.cancel_batch(work, batch_uuid), BatchView.of)
