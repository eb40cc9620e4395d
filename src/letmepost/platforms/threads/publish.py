"""Publishing a post, its thread and its first comment: each a container first, then what followers see."""

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
from letmepost.platforms.threads.containers import died, prepare, read_status, renew
from letmepost.platforms.threads.drafts import COMMENT, Draft, drafts_of
from letmepost.platforms.threads.options import ThreadsOptions
from letmepost.platforms.threads.reconcile import find_published
from letmepost.platforms.threads.replies import NOT_FOUND, explain, subcode_of
from letmepost.platforms.threads.settings import ThreadsSettings

# A container that is ready may still be unknown to the server that is to publish it, for seconds to minutes.
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
        """Publish a draft; its id."""
        try:
            container_id = yield from prepare(self.post, draft, reply_to, self.settings)
        except PlatformFailure as failure:
            yield from self._look_at_quota(failure, draft)
            raise
        call = publish_container(self.settings, self._user_id, container_id, step=draft.step)
        reply = yield call
        post_id = read_id(reply)
        if post_id is None:
            return (yield from self._refused(draft, reply_to, call, reply))
        return post_id

    def link(self, post_id: str) -> Flow[str | None]:
        """Where people see a post; None when Threads does not say soon: it can be some seconds behind itself."""
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

        Threads also refuses to publish a container twice, with no code of its own: the container's status decides. A
        refused status read decides nothing; the refusal to publish counts then.
        """
        failure = explain(call, reply)
        if failure.kind not in {FailureKind.REJECTED, FailureKind.DUPLICATE, FailureKind.UNAVAILABLE}:
            yield from self._look_at_quota(failure, draft)
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
            yield from renew(draft.container_step, died(status))
            return (yield from self.put(draft, reply_to))
        yield Pause(f"{draft.step}-publish", _PUBLISH_AGAIN_S, _PUBLISHED_WITHIN_S)
        raise failure

    def _look_at_quota(self, failure: PlatformFailure, draft: Draft) -> Flow[None]:
        """Tell a throttle apart from a day's end: raises when the account has published all that a day allows."""
        if failure.kind is not FailureKind.RATE_LIMITED:
            return
        try:
            reply = yield read_quota(self.settings, self._user_id, replies=draft.is_reply)
        except PlatformFailure:
            return
        used, total = _quota(reply, "reply_" if draft.is_reply else "")
        if used is None or total is None or used < total:
            return
        raise PlatformFailure(
            FailureKind.QUOTA_EXHAUSTED,
            f"The account has published the {total} {'replies' if draft.is_reply else 'posts'} of a day on Threads.",
            rule="threads.quota.day",
            remediation="Nothing needs to be done: it goes out when the oldest of them is a day old.",
            response=failure.response,
        ) from failure

    @property
    def _user_id(self) -> str:
        return self.post.account.platform_account_id


def _quota(reply: Reply, kind: str) -> tuple[int | None, int | None]:
    """How many are used, and of how many; None for what the reply does not say."""
    rows: Any = reply.data().get("data")
    row = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], Mapping) else {}
    config = row.get(f"{kind}config")
    used, total = row.get(f"{kind}quota_usage"), config.get("quota_total") if isinstance(config, Mapping) else None
    return used if isinstance(used, int) else None, total if isinstance(total, int) else None


def _comment(putting: Flow[str]) -> Flow[None]:
    """Put something that the post does without when it is refused for good."""
    try:
        post_id = yield from putting
    except PlatformFailure as failure:
        if POLICIES[failure.kind].next is not Next.STOP:
            raise
        yield Warn("threads.first_comment.refused", failure.message)
    else:
        yield Extra(name="firstComment", uri=post_id)
