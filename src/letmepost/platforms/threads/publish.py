"""Publishes a post, its thread and its first comment: each as a container first, which is then published."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from letmepost.domain.errors import FailureKind, GaveUp, PlatformFailure
from letmepost.domain.flow import Call, Extra, Flow, Live, Part, Pause, Reply, Warn
from letmepost.domain.retry import POLICIES, Next
from letmepost.platforms._meta.graph import read_id
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.threads.api import publish_container, read_post, read_quota
from letmepost.platforms.threads.containers import container_failure, forget_once, prepare, read_status
from letmepost.platforms.threads.drafts import COMMENT, Draft, drafts_of
from letmepost.platforms.threads.options import ThreadsOptions
from letmepost.platforms.threads.reconcile import find_published
from letmepost.platforms.threads.refusals import FIRST_COMMENT_REFUSED, QUOTA_DAY
from letmepost.platforms.threads.replies import NOT_FOUND, explain, subcode_of
from letmepost.platforms.threads.settings import ThreadsSettings

# A container that is ready may be unknown to the server that publishes it, for seconds to minutes.
_PUBLISHED_WITHIN_S = 300.0
_PUBLISH_AGAIN_S = 10.0
_LINK_WITHIN_S = 3.0
_LINK_AGAIN_S = 1.0


def publish(post: ReadyPost, settings: ThreadsSettings) -> Flow[None]:
    """Publish a post with its thread and its first comment."""
    options = ThreadsOptions.model_validate(post.content.options)
    drafts = drafts_of(post.content, options)
    posts = [draft for draft in drafts if draft.step != COMMENT]
    writer = _Writer(post, settings)
    first = yield from writer.put(posts[0], options.reply_to_id)
    url = yield from writer.link(first)
    yield Part(index=0, uri=first, url=url) if len(posts) > 1 else Live(uri=first, url=url)
    above = first
    for draft in posts[1:]:
        above = yield from writer.put(draft, above)
        yield Part(index=draft.index, uri=above)
    if len(posts) > 1:
        yield Live(uri=first, url=url)
    for draft in drafts[len(posts) :]:
        yield from _comment(writer.put(draft, first))


@dataclass(frozen=True, slots=True)
class _Writer:
    """Publishes the drafts of one post."""

    post: ReadyPost
    settings: ThreadsSettings

    def put(self, draft: Draft, reply_to: str | None) -> Flow[str]:
        """Publish a draft, and return its id."""
        try:
            container_id = yield from prepare(self.post, draft, reply_to, self.settings)
        except PlatformFailure as failure:
            yield from self._check_quota(failure, draft)
            raise
        call = publish_container(self.settings, self._user_id, container_id, step=draft.step)
        reply = yield call
        post_id = read_id(reply)
        if post_id is None:
            return (yield from self._refused(draft, reply_to, call, reply))
        return post_id

    def link(self, post_id: str) -> Flow[str | None]:
        """Return the URL of a post, or None if Threads does not return it soon: its servers can differ for seconds."""
        try:
            reply = yield read_post(self.settings, post_id)
        except PlatformFailure:
            return None
        found = reply.data().get("permalink") if reply.ok else None
        if isinstance(found, str) and found:
            return found
        with suppress(GaveUp):
            yield Pause("link", _LINK_AGAIN_S, _LINK_WITHIN_S)
        return None

    def _refused(self, draft: Draft, reply_to: str | None, call: Call, reply: Reply) -> Flow[str]:
        """Return the id of the post if the container was published before, else raise what the refusal means.

        Threads also refuses to publish a container twice, without a code of its own: the container's status decides. If
        the status cannot be read, the refusal to publish counts.
        """
        failure = explain(call, reply)
        if failure.kind not in {FailureKind.REJECTED, FailureKind.DUPLICATE, FailureKind.UNAVAILABLE}:
            yield from self._check_quota(failure, draft)
            raise failure
        try:
            status = yield from read_status((call.form or {})["creation_id"], self.settings)
        except PlatformFailure as unread:
            if unread.kind is not FailureKind.REJECTED:
                raise
            raise failure from unread
        if status.name == "PUBLISHED":
            since = reply.received_at - timedelta(days=1)
            post_id = yield from find_published(self.post, draft, since, reply.received_at, self.settings)
            if post_id is not None:
                return post_id
        if subcode_of(reply) != NOT_FOUND:
            raise failure
        if status.name in {"ERROR", "EXPIRED"}:
            yield from forget_once(draft.container_step, container_failure(status))
            return (yield from self.put(draft, reply_to))
        yield Pause(f"{draft.step}-publish", _PUBLISH_AGAIN_S, _PUBLISHED_WITHIN_S)
        raise failure

    def _check_quota(self, failure: PlatformFailure, draft: Draft) -> Flow[None]:
        """Raise if the account has used up its daily quota. Threads refuses that with the same code as a rate limit."""
        if failure.kind is not FailureKind.RATE_LIMITED:
            return
        try:
            reply = yield read_quota(self.settings, self._user_id, replies=draft.is_reply)
        except PlatformFailure:
            return
        used, total = _quota(reply, "reply_" if draft.is_reply else "")
        if used is None or total is None or used < total:
            return
        kind = "replies" if draft.is_reply else "posts"
        raise QUOTA_DAY(total=total, kind=kind, response=failure.response) from failure

    @property
    def _user_id(self) -> str:
        return self.post.account.platform_account_id


def _quota(reply: Reply, kind: str) -> tuple[int | None, int | None]:
    """Return how many posts are used, and of how many; None for what the reply lacks."""
    rows: Any = reply.data().get("data")
    row = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], Mapping) else {}
    config = row.get(f"{kind}config")
    used, total = row.get(f"{kind}quota_usage"), config.get("quota_total") if isinstance(config, Mapping) else None
    return used if isinstance(used, int) else None, total if isinstance(total, int) else None


def _comment(put: Flow[str]) -> Flow[None]:
    """Publish the first comment, or warn if Threads refuses it permanently: the post itself is published."""
    try:
        post_id = yield from put
    except PlatformFailure as failure:
        if POLICIES[failure.kind].next is not Next.STOP:
            raise
        yield Warn(FIRST_COMMENT_REFUSED.id, FIRST_COMMENT_REFUSED.describe(reason=failure.message))
    else:
        yield Extra(name="firstComment", uri=post_id)
