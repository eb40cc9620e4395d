"""Publishes a post and its first comment. A post is a container first, which is then published."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from letmepost.domain.errors import FailureKind, GaveUp, PlatformFailure
from letmepost.domain.flow import Call, Flow, Pause, Reply, Warn
from letmepost.platforms._kit.drafts import POST_STEP, Draft, drafts_of
from letmepost.platforms._kit.fields import text_in
from letmepost.platforms._kit.flows import wait
from letmepost.platforms._kit.publishing import Posted, publish_drafts
from letmepost.platforms._meta.containers import FAILED, PUBLISHED, UNREADABLE, Container, forget_once
from letmepost.platforms._meta.graph import read_id
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.instagram.api import Api
from letmepost.platforms.instagram.containers import prepare, read_status
from letmepost.platforms.instagram.drafts import CONTAINER_STEP, ContainerPlan
from letmepost.platforms.instagram.reconcile import find_comment, find_published
from letmepost.platforms.instagram.refusals import (
    ADD_ON_MISSING,
    CONTAINER_LOST,
    CONTAINER_NEVER_READY,
    FIRST_COMMENT_REFUSED,
    PUBLISHED_UNKNOWN,
    PUBLISHED_UNLISTED,
)
from letmepost.platforms.instagram.replies import (
    BLOCKED,
    CREATION_UNKNOWN,
    MEDIA_UNKNOWN,
    NOT_READY,
    container_failure,
    explain,
    subcode_of,
)
from letmepost.platforms.instagram.settings import InstagramSettings

_READY_WITHIN_S = 1800.0
_READY_AGAIN_S = 10.0
# A container that is ready may be unknown to the server that publishes it, for seconds to minutes.
_KNOWN_WITHIN_S = 120.0
_KNOWN_AGAIN_S = 30.0
_UNBLOCKED_WITHIN_S = 20.0
_UNBLOCKED_AGAIN_S = 20.0


def publish(post: ReadyPost, settings: InstagramSettings) -> Flow[None]:
    """Publish a post and its first comment."""
    api = Api.of(post.account, settings)
    plan = ContainerPlan.of(post.content, sends_videos=api.upload_url is not None)
    writer = _Writer(post, plan, api)
    yield from publish_drafts(drafts_of(post.content), writer.put, FIRST_COMMENT_REFUSED, writer.follow_up)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Publishes one post."""

    post: ReadyPost
    plan: ContainerPlan
    api: Api

    def put(self, draft: Draft, above: Sequence[str]) -> Flow[Posted[str]]:
        """Publish the post, or its first comment."""
        if draft.is_comment:
            comment_id = yield from self._comment(above[0], draft)
            return Posted(reference=comment_id, uri=comment_id)
        media_id = yield from self._publish()
        return Posted(reference=media_id, uri=media_id, url=(yield from self._link(media_id)))

    def follow_up(self, posted: Posted[str]) -> Flow[None]:
        """Warn if the post lacks its caption add-on, and read how much of the quota is left."""
        with suppress(PlatformFailure):
            if self.plan.add_on is not None:
                name, edge = self.plan.add_on
                reply = yield self.api.read_add_on(posted.reference, edge)
                if reply.ok and reply.body.strip() == b"null":
                    yield Warn(ADD_ON_MISSING.id, ADD_ON_MISSING.describe(name=name))
            yield self.api.read_quota()

    def _publish(self) -> Flow[str]:
        """Publish the post, and return its id."""
        container = yield from prepare(self.post, self.plan, self.api)
        call = self.api.publish_container(container.id, step=POST_STEP)
        reply = yield call
        return read_id(reply) or (yield from self._refused(container, call, reply))

    def _refused(self, container: Container, call: Call, reply: Reply) -> Flow[str]:
        """Return the id of the post if it is visible, else raise what the refusal means, or publish again.

        Instagram has refused a publication, and the post was visible: the container's status and the account's list of
        posts decide. If they cannot be read, the refusal counts.
        """
        failure, subcode = explain(call, reply), subcode_of(reply)
        if failure.kind is FailureKind.AUTH_FAILED or failure.kind is FailureKind.IN_DOUBT:
            raise failure
        try:
            status = yield from read_status(container.id, self.api)
            is_settled = status.name not in {PUBLISHED, UNREADABLE, *FAILED} and subcode != BLOCKED
            if not is_settled:
                found = yield from find_published(self.plan, container.created_at, self.api)
                if found is not None:
                    return found
        except PlatformFailure as unread:
            if unread.kind is FailureKind.REJECTED:
                raise failure from unread
            raise
        if status.name == PUBLISHED:
            raise PUBLISHED_UNLISTED(response=failure.response)
        if status.name in FAILED:
            yield from forget_once(CONTAINER_STEP, container_failure(status))
            return (yield from self._publish())
        return (yield from self._wait_or_raise(failure, subcode, container, may_replace=status.name != UNREADABLE))

    def _wait_or_raise(
        self, failure: PlatformFailure, subcode: int | None, container: Container, *, may_replace: bool
    ) -> Flow[str]:
        """Publish the same container again after a while, or another one, if that helps.

        Each container has waits of its own: a replacement is waited for as long as the first one was.

        Args:
            may_replace: False if the container's status is unknown. Instagram refuses a container that it does not know
                and one that it has published in the same way, so a replacement could become a second post.
        """
        if subcode == NOT_READY:
            pause = Pause(f"{POST_STEP}-ready-{container.id}", _READY_AGAIN_S, _READY_WITHIN_S)
            yield from wait(pause, CONTAINER_NEVER_READY(response=failure.response))
        if subcode == BLOCKED:
            pause = Pause(f"{POST_STEP}-blocked-{container.id}", _UNBLOCKED_AGAIN_S, _UNBLOCKED_WITHIN_S)
            yield from wait(pause, failure)
        if subcode in {CREATION_UNKNOWN, MEDIA_UNKNOWN}:
            with suppress(GaveUp):
                yield Pause(f"{POST_STEP}-unknown-{container.id}", _KNOWN_AGAIN_S, _KNOWN_WITHIN_S)
            if not may_replace:
                raise PUBLISHED_UNKNOWN(response=failure.response)
            yield from forget_once(CONTAINER_STEP, CONTAINER_LOST(response=failure.response))
            return (yield from self._publish())
        if failure.kind is FailureKind.QUOTA_EXHAUSTED:
            with suppress(PlatformFailure):
                yield self.api.read_quota()
        raise failure

    def _link(self, media_id: str) -> Flow[str | None]:
        """Return the URL of the post, or None if Instagram does not return it: it is not needed."""
        try:
            reply = yield self.api.read_post(media_id)
        except PlatformFailure:
            return None
        return text_in(reply.data(), "permalink") if reply.ok else None

    def _comment(self, media_id: str, draft: Draft) -> Flow[str]:
        """Comment on the post, and return the comment's id. Instagram has refused comments that it created."""
        call = self.api.comment(media_id, draft.text, step=draft.step)
        reply = yield call
        comment_id = read_id(reply)
        if comment_id is not None:
            return comment_id
        failure = explain(call, reply)
        if failure.kind is FailureKind.REJECTED:
            with suppress(PlatformFailure):
                comment_id = yield from find_comment(self.post, media_id, draft.text, self.api)
        if comment_id is None:
            raise failure
        return comment_id
