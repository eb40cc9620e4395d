"""Routes that validate, change, retry, resolve and unpublish posts."""

from fastapi import APIRouter, Request, Response

from letmepost.domain.api_keys import Scope
from letmepost.domain.ids import Prefix, format_id
from letmepost.http.gate import GatedRoute, caller_of, needs
from letmepost.http.perform import begin_work, perform, perform_remotely, respond
from letmepost.http.routes.posts.posts import location_of_batch, status_of_batch
from letmepost.http.schemas.base import path_id
from letmepost.http.schemas.batches import BatchView
from letmepost.http.schemas.contents import CreatePost
from letmepost.http.schemas.editing import (
    CanceledPost,
    ChangePost,
    PostTimeline,
    PostValidation,
    ResolvePost,
    RetriedPosts,
    RetryPostsInBulk,
    TargetValidationView,
)
from letmepost.http.schemas.posts import PostRead
from letmepost.http.schemas.schedules import PublishDraft, PublishTime
from letmepost.http.services import APIServices
from letmepost.services.posts import change, retry, timeline, unpublish

router = APIRouter(route_class=GatedRoute, tags=["posts"])


@router.post("/v1/posts/validate", response_model=PostValidation, openapi_extra=needs(Scope.POSTS_WRITE))
async def validate_post(body: CreatePost, request: Request) -> Response:
    """Check a request without running it. The response has every violation, and a preview of each target."""
    services: APIServices = request.app.state.services
    wanted = body.to_request()
    verdicts = await services.validation.validate(caller_of(request), wanted)
    targets = [TargetValidationView.of(verdict) for verdict in verdicts]
    is_valid = all(target.valid for target in targets)
    scheduled_at = None if wanted.schedule is None else wanted.schedule.instant
    return respond(PostValidation(valid=is_valid, scheduled_at=scheduled_at, targets=targets))


@router.post("/v1/posts/retry", response_model=RetriedPosts, openapi_extra=needs(Scope.POSTS_WRITE))
async def retry_posts_in_bulk(body: RetryPostsInBulk, request: Request) -> Response:
    """Retry every post that matches the filter and can be retried, for example after an outage."""
    wanted, schedule = body.filter.to_filter(caller_of(request)), body.to_schedule()
    return await perform(request, lambda work: retry.retry_many(work, wanted, schedule), RetriedPosts.of)


@router.patch("/v1/posts/{post_id}", response_model=PostRead, openapi_extra=needs(Scope.POSTS_WRITE))
async def change_post(post_id: str, body: ChangePost, request: Request) -> Response:
    """Change or reschedule a post that has not been published. New content is checked like that of a new post."""
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


@router.delete("/v1/posts/{post_id}", response_model=CanceledPost, openapi_extra=needs(Scope.POSTS_WRITE))
async def cancel_post(post_id: str, request: Request) -> Response:
    """Cancel a post that has not been published."""
    post_uuid = path_id(Prefix.POST, post_id)
    return await perform(request, lambda work: change.cancel(work, post_uuid), CanceledPost.of)


@router.post("/v1/posts/{post_id}/retry", response_model=PostRead, openapi_extra=needs(Scope.POSTS_WRITE))
async def retry_post(post_id: str, request: Request, body: PublishTime | None = None) -> Response:
    """Retry a post that failed, was rejected or canceled, or was published in part. A thread resumes where it broke."""
    post_uuid, schedule = path_id(Prefix.POST, post_id), None if body is None else body.to_schedule()
    return await perform(request, lambda work: retry.retry(work, post_uuid, schedule), PostRead.of)


@router.post(
    "/v1/posts/{post_id}/duplicate", status_code=201, response_model=PostRead, openapi_extra=needs(Scope.POSTS_WRITE)
)
async def duplicate_post(post_id: str, request: Request) -> Response:
    """Create a draft with the same content for the same account. It is checked like a new post."""
    services: APIServices = request.app.state.services
    post_uuid, request_id = path_id(Prefix.POST, post_id), request.state.request_id
    return await perform(
        request,
        lambda work: services.duplication.duplicate(work, post_uuid, request_id),
        PostRead.of,
        status=201,
        location=lambda view: f"/v1/posts/{format_id(Prefix.POST, view.post.id)}",
    )


@router.post("/v1/posts/{post_id}/resolve", response_model=PostRead, openapi_extra=needs(Scope.POSTS_WRITE))
async def resolve_post(post_id: str, body: ResolvePost, request: Request) -> Response:
    """Report the outcome of a post whose outcome could not be confirmed."""
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


@router.get("/v1/posts/{post_id}/timeline", response_model=PostTimeline, openapi_extra=needs(Scope.POSTS_READ))
async def get_post_timeline(post_id: str, request: Request) -> Response:
    """Read what happened to a post, and why: every transition, wait, call and decision."""
    post_uuid = path_id(Prefix.POST, post_id)
    async with begin_work(request) as work:
        entries = await timeline.list_entries(work, post_uuid)
    return respond(PostTimeline.of(entries))


@router.post(
    "/v1/batches/{batch_id}/publish",
    response_model=BatchView,
    responses={202: {"model": BatchView, "description": "Accepted, and not settled yet."}},
    openapi_extra=needs(Scope.POSTS_WRITE),
)
async def publish_batch(batch_id: str, request: Request, body: PublishDraft | None = None) -> Response:
    """Publish a draft, now or at a time. The response does not wait for the outcome."""
    batch_uuid, when = path_id(Prefix.BATCH, batch_id), body or PublishDraft()
    return await perform(
        request,
        lambda work: change.publish_batch(work, batch_uuid, when.to_schedule(), is_now=bool(when.publish_now)),
        BatchView.of,
        status=status_of_batch,
        location=location_of_batch,
    )


@router.delete("/v1/batches/{batch_id}", response_model=BatchView, openapi_extra=needs(Scope.POSTS_WRITE))
async def cancel_batch(batch_id: str, request: Request) -> Response:
    """Cancel every post of a batch that can still be canceled."""
    batch_uuid = path_id(Prefix.BATCH, batch_id)
    return await perform(request, lambda work: change.cancel_batch(work, batch_uuid), BatchView.of)
