"""Publishes a post, its thread and its first comment: each as a container first, which is then published."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from letmepost.domain.errors import FailureKind, GaveUp, PlatformFailure
from letmepost.domain.flow import Call, Flow, Pause, Reply, Warn
from letmepost.platforms._kit.drafts import Draft, drafts_of
from letmepost.platforms._kit.fields import number_in, object_in, objects_in, text_in
from letmepost.platforms._kit.publishing import Posted, publish_drafts
from letmepost.platforms._meta.containers import forget_once
from letmepost.platforms._meta.graph import read_id
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.threads.api import publish_container, read_post, read_quota
from letmepost.platforms.threads.containers import container_failure, prepare, read_status
from letmepost.platforms.threads.drafts import ContainerPlan
from letmepost.platforms.threads.options import ThreadsOptions
from letmepost.platforms.threads.reconcile import find_published
from letmepost.platforms.threads.refusals import FIRST_COMMENT_REFUSED, QUOTA_DAY, SHARE_UNCONFIRMED
from letmepost.platforms.threads.replies import explain, is_missing
from letmepost.platforms.threads.settings import ThreadsSettings

# A container that is ready may be unknown to the server that publishes it, for seconds to minutes.
_PUBLISHED_WITHIN_S = 300.0
_PUBLISH_AGAIN_S = 10.0
_LINK_WITHIN_S = 3.0
_LINK_AGAIN_S = 1.0


def publish(post: ReadyPost, settings: ThreadsSettings) -> Flow[None]:
    """Publish a post with its thread and its first comment."""
    options = ThreadsOptions.model_validate(post.content.options)
    writer = _Writer(post, options, settings)
    yield from publish_drafts(drafts_of(post.content), writer.put, FIRST_COMMENT_REFUSED)


@dataclass(frozen=True, slots=True)
class _Published:
    """The id of a visible post. `is_shared` is True if Threads has confirmed that it was shared to Instagram."""

    id: str
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class _Writer:
    """Publishes the drafts of one post."""

    post: ReadyPost
    options: ThreadsOptions
    settings: ThreadsSettings

    def put(self, draft: Draft, above: Sequence[str]) -> Flow[Posted[str]]:
        """Publish a draft. Only the URL of the first post is read."""
        reply_to = above[-1] if above else self.options.reply_to_id
        plan = ContainerPlan(draft, self.options)
        published = yield from self._publish_or_unshare(plan, reply_to)
        if plan.is_shared and not published.is_shared:
            yield Warn(SHARE_UNCONFIRMED.id, SHARE_UNCONFIRMED.message)
        url = (yield from self._link(published.id)) if draft.is_first else None
        return Posted(reference=published.id, uri=published.id, url=url)

    def _publish_or_unshare(self, plan: ContainerPlan, reply_to: str | None) -> Flow[_Published]:
        """Publish a draft. If Threads refuses to share it to Instagram, publish it without that."""
        try:
            return (yield from self._publish(plan, reply_to))
        except PlatformFailure as failure:
            if not plan.is_shared or failure.rule != SHARE_UNCONFIRMED.id:
                raise
        return (yield from self._publish(plan.unshared(), reply_to))

    def _publish(self, plan: ContainerPlan, reply_to: str | None) -> Flow[_Published]:
        """Publish a draft."""
        try:
            container_id = yield from prepare(self.post, plan, reply_to, self.settings)
        except PlatformFailure as failure:
            yield from self._check_quota(failure, plan)
            raise
        call = publish_container(self.settings, self._user_id, container_id, step=plan.draft.step)
        reply = yield call
        post_id = read_id(reply)
        if post_id is None:
            return (yield from self._refused(plan, reply_to, call, reply))
        return _Published(post_id, is_shared=reply.data().get("crossreshare_to_ig_status") == "SUCCESS")

    def _link(self, post_id: str) -> Flow[str | None]:
        """Return the URL of a post, or None if Threads does not return it soon: its servers can differ for seconds."""
        try:
            reply = yield read_post(self.settings, post_id)
        except PlatformFailure:
            return None
        found = text_in(reply.data(), "permalink") if reply.ok else None
        if found is not None:
            return found
        with suppress(GaveUp):
            yield Pause("link", _LINK_AGAIN_S, _LINK_WITHIN_S)
        return None

    def _refused(self, plan: ContainerPlan, reply_to: str | None, call: Call, reply: Reply) -> Flow[_Published]:
        """Return the post if the container was published before, else raise what the refusal means.

        Threads also refuses to publish a container twice, without a code of its own: the container's status decides. If
        the status cannot be read, the refusal to publish counts.
        """
        failure = explain(call, reply)
        if failure.kind not in {FailureKind.REJECTED, FailureKind.DUPLICATE, FailureKind.UNAVAILABLE}:
            yield from self._check_quota(failure, plan)
            raise failure
        try:
            status = yield from read_status((call.form or {})["creation_id"], self.settings)
        except PlatformFailure as unread:
            # Without the status, the post without the share could be a second one.
            if unread.kind is not FailureKind.REJECTED or failure.rule == SHARE_UNCONFIRMED.id:
                raise
            raise failure from unread
        if status.name == "PUBLISHED":
            since = reply.received_at - timedelta(days=1)
            post_id = yield from find_published(self.post, plan, since, reply.received_at, self.settings)
            if post_id is not None:
                return _Published(post_id)
        if not is_missing(reply):
            raise failure
        if status.name in {"ERROR", "EXPIRED"}:
            yield from forget_once(plan.container_step, container_failure(status))
            return (yield from self._publish(plan, reply_to))
        yield Pause(f"{plan.draft.step}-publish", _PUBLISH_AGAIN_S, _PUBLISHED_WITHIN_S)
        raise failure

    def _check_quota(self, failure: PlatformFailure, plan: ContainerPlan) -> Flow[None]:
        """Raise if the account has used up its daily quota. Threads refuses that with the same code as a rate limit."""
        if failure.kind is not FailureKind.RATE_LIMITED:
            return
        try:
            reply = yield read_quota(self.settings, self._user_id, replies=plan.is_reply)
        except PlatformFailure:
            return
        used, total = _quota(reply, "reply_" if plan.is_reply else "")
        if used is None or total is None or used < total:
            return
        kind = "replies" if plan.is_reply else "posts"
        raise QUOTA_DAY(total=total, kind=kind, response=failure.response) from failure

    @property
    def _user_id(self) -> str:
        return self.post.account.platform_account_id


def _quota(reply: Reply, kind: str) -> tuple[int | None, int | None]:
    """Return how many posts are used, and of how many; None for what the reply lacks."""
    row = next(iter(objects_in(reply.data(), "data")), {})
    return number_in(row, f"{kind}quota_usage"), number_in(object_in(row, f"{kind}config"), "quota_total")
