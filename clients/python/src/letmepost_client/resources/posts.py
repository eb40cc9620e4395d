"""Posts."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias, Unpack

from letmepost_client import inputs
from letmepost_client.batches import BulkItem, batch_operation
from letmepost_client.encoding import OMITTED, Omitted, body_of, changes_of, path_of
from letmepost_client.flow import Flow
from letmepost_client.inputs import AnyMedia, AnySchedule, AnyTime, Comment, NewPost, Part, PostRequest
from letmepost_client.models.base import DataList, Page
from letmepost_client.models.batches import BatchData
from letmepost_client.models.posts import (
    CanceledPost,
    Post,
    PostDetail,
    PostValidation,
    RetriedPosts,
    TimelineEntry,
)
from letmepost_client.operations import AsyncResource, ListCall, Resource, SyncResource, listing, operation

Values: TypeAlias = str | Sequence[str] | None
BulkItems: TypeAlias = list[BulkItem]
Timeline: TypeAlias = list[TimelineEntry]

_SERVER_WAITS_S = 25
"""How long the server waits for the outcome of a post by default."""
_MARGIN_S = 10
"""How much longer the client waits for the response."""


class PostOperations(Resource):
    """Posts."""

    @batch_operation
    def create(
        self,
        *,
        idempotency_key: str | None = None,
        wait_s: int | None = None,
        **post: Unpack[NewPost],
    ) -> Flow[BatchData]:
        """Publish to one or more accounts: now, at a time, or later from a draft.

        Args:
            text: the text; a target may have its own.
            to: names of platforms, or ids of accounts. A short form of `targets`.
            targets: where to publish, with what is different there.
            media: media items, their ids, URLs, or `Attachment`s.
            first_comment: is published as soon as the post is visible.
            thread: continuation posts, each a reply to the one before.
            options: options by the name of the platform.
            scheduled_at: when to publish: an aware datetime, or RFC 3339 with an offset.
            schedule: when to publish, as a wall-clock time in a zone of the IANA database.
            draft: True stores a draft. `batches.publish` publishes it.
            metadata: up to 20 pairs of your own. They are returned, and never sent to a platform.
            late: what happens to a post that could not be published in time.
            idempotency_key: identifies this call, so that it publishes once even if it is made again within a day, for
                example after a crash. By default each call has a new key, which its retries share.
            wait_s: how many seconds the server waits for the outcome, up to 60; 0 returns immediately. By default 25.

        Raises:
            PreflightFailed: a limit of a platform is broken. Nothing was published anywhere.
            ApiError: the server responded with another error.
            ConnectionFailed: there was no response. Call again with the same `idempotency_key` to get the outcome.
        """
        return self._core.call(
            "POST",
            "/v1/posts",
            BatchData,
            body=body_of(inputs.request(post)),
            headers={} if wait_s is None else {"Prefer": f"wait={wait_s}" if wait_s else "respond-async"},
            idempotency_key=idempotency_key,
            timeout_s=max(self._core.timeout_s, _MARGIN_S + (_SERVER_WAITS_S if wait_s is None else wait_s)),
        )

    @operation
    def bulk(self, posts: Iterable[PostRequest], *, idempotency_key: str | None = None) -> Flow[BulkItems]:
        """Send up to 100 requests to publish. The server accepts each separately, and waits for no outcome.

        Args:
            posts: the arguments of `create`, except `wait_s`.
            idempotency_key: identifies the whole call. An item may have its own, which wins for that item.

        Returns:
            The response to each request, in the same order: a batch or an error.
        """
        body = {"posts": [body_of(inputs.request(post)) for post in posts]}
        result = yield from self._core.call(
            "POST", "/v1/posts/bulk", DataList[BulkItem], body=body, idempotency_key=idempotency_key
        )
        return result.data

    @operation
    def validate(self, **post: Unpack[NewPost]) -> Flow[PostValidation]:
        """Check a request as `create` does, with a preview of the first call to each platform. Nothing is stored."""
        return self._core.call("POST", "/v1/posts/validate", PostValidation, body=body_of(inputs.request(post)))

    @operation
    def get(self, post_id: str) -> Flow[PostDetail]:
        """Return a post with its attempts."""
        return self._core.call("GET", path_of("/v1/posts/{}", post_id), PostDetail)

    @operation
    def update(
        self,
        post_id: str,
        *,
        text: str | Omitted | None = OMITTED,
        media: Sequence[AnyMedia] | Omitted | None = OMITTED,
        first_comment: str | Comment | Omitted | None = OMITTED,
        thread: Sequence[str | Part] | Omitted | None = OMITTED,
        options: Mapping[str, Any] | Omitted | None = OMITTED,
        scheduled_at: AnyTime | Omitted | None = OMITTED,
        schedule: AnySchedule | Omitted | None = OMITTED,
        metadata: Mapping[str, str] | Omitted | None = OMITTED,
        idempotency_key: str | None = None,
    ) -> Flow[Post]:
        """Change a post that is not published yet. What is not passed stays; None removes a value.

        Args:
            options: options of the post's platform.
        """
        changes = {
            "text": text,
            "media": media,
            "first_comment": first_comment,
            "thread": thread,
            "options": options,
            "scheduled_at": scheduled_at,
            "schedule": schedule,
            "metadata": metadata,
        }
        given = inputs.content({name: value for name, value in changes.items() if value is not OMITTED})
        return self._core.call(
            "PATCH",
            path_of("/v1/posts/{}", post_id),
            Post,
            body=changes_of(given),
            idempotency_key=idempotency_key,
        )

    @operation
    def cancel(self, post_id: str, *, idempotency_key: str | None = None) -> Flow[CanceledPost]:
        """Cancel a post that is not published yet."""
        path = path_of("/v1/posts/{}", post_id)
        return self._core.call("DELETE", path, CanceledPost, idempotency_key=idempotency_key)

    @operation
    def retry(
        self,
        post_id: str,
        *,
        scheduled_at: AnyTime | None = None,
        schedule: AnySchedule | None = None,
        idempotency_key: str | None = None,
    ) -> Flow[Post]:
        """Queue a post again that failed, was rejected or canceled, or is incomplete: now or at a time."""
        return self._core.call(
            "POST",
            path_of("/v1/posts/{}/retry", post_id),
            Post,
            body=body_of({"scheduled_at": scheduled_at, "schedule": schedule}),
            idempotency_key=idempotency_key,
        )

    @operation
    def retry_all(
        self,
        *,
        filter: Mapping[str, Any],  # noqa: A002 - the name of the field
        scheduled_at: AnyTime | None = None,
        schedule: AnySchedule | None = None,
        idempotency_key: str | None = None,
    ) -> Flow[RetriedPosts]:
        """Queue every post again that matches a filter and can be retried, up to 1,000.

        Args:
            filter: the filters of `list`, such as `{"platform": ["bluesky"], "status": ["failed"]}`.
        """
        body = body_of({"filter": filter, "scheduled_at": scheduled_at, "schedule": schedule})
        return self._core.call("POST", "/v1/posts/retry", RetriedPosts, body=body, idempotency_key=idempotency_key)

    @operation
    def duplicate(self, post_id: str, *, idempotency_key: str | None = None) -> Flow[Post]:
        """Create a draft with the content of a post, for the same account."""
        path = path_of("/v1/posts/{}/duplicate", post_id)
        return self._core.call("POST", path, Post, idempotency_key=idempotency_key)

    @operation
    def resolve(
        self,
        post_id: str,
        outcome: Literal["published", "not_published"],
        *,
        uri: str | None = None,
        idempotency_key: str | None = None,
    ) -> Flow[Post]:
        """Report the outcome of a post that is `unconfirmed` or `awaiting_user`.

        Args:
            uri: the platform's id of the published post.
        """
        body = body_of({"outcome": outcome, "uri": uri})
        path = path_of("/v1/posts/{}/resolve", post_id)
        return self._core.call("POST", path, Post, body=body, idempotency_key=idempotency_key)

    @operation
    def unpublish(self, post_id: str, *, idempotency_key: str | None = None) -> Flow[Post]:
        """Delete a published post on its platform."""
        path = path_of("/v1/posts/{}/unpublish", post_id)
        return self._core.call("POST", path, Post, idempotency_key=idempotency_key)

    @operation
    def timeline(self, post_id: str) -> Flow[Timeline]:
        """Return what happened to a post, and why, oldest first."""
        path = path_of("/v1/posts/{}/timeline", post_id)
        result = yield from self._core.call("GET", path, DataList[TimelineEntry])
        return result.data

    @listing
    def list(
        self,
        *,
        status: Values = None,
        platform: Values = None,
        account_id: Values = None,
        profile_id: Values = None,
        batch_id: Values = None,
        error_code: Values = None,
        after: AnyTime | None = None,
        before: AnyTime | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> ListCall[Post]:
        """List posts, newest first.

        Args:
            after: posts that were created at this time or later.
            before: posts that were created before this time.
            limit: how many posts to request at a time, up to 200.
            cursor: where to continue.
        """
        return self._list(
            "/v1/posts",
            Page[Post],
            cursor=cursor,
            limit=limit,
            status=status,
            platform=platform,
            account_id=account_id,
            profile_id=profile_id,
            batch_id=batch_id,
            error_code=error_code,
            after=after,
            before=before,
        )


class Posts(PostOperations, SyncResource):
    """Posts."""


class AsyncPosts(PostOperations, AsyncResource):
    """Posts."""
