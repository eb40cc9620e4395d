"""Publishes a post: everything invisible first, then one record after another.

Handles are resolved and media uploaded for the whole thread before its first post is put. A media item that the server
rejects therefore leaves nothing visible.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Call, Extra, Flow, Forget, Live, Part, Reply, Warn
from letmepost.domain.refusals import Explanation
from letmepost.domain.retry import POLICIES, Next
from letmepost.platforms.bluesky import refusals
from letmepost.platforms.bluesky.options import BlueskyOptions
from letmepost.platforms.bluesky.prepare import find_parents, resolve_mentions, upload_media, warn_about_animations
from letmepost.platforms.bluesky.reconcile import find_put
from letmepost.platforms.bluesky.records import (
    Blobs,
    Draft,
    Json,
    Parents,
    Place,
    draft_comment,
    draft_thread,
    post_record,
    read_place,
    threadgate_record,
)
from letmepost.platforms.bluesky.replies import explain
from letmepost.platforms.bluesky.settings import BlueskySettings
from letmepost.platforms.bluesky.tid import created_at, tid
from letmepost.platforms.bluesky.xrpc import POST, THREADGATE, base, error_name, put_record
from letmepost.platforms.contract import ReadyPost


def publish(post: ReadyPost, settings: BlueskySettings) -> Flow[None]:
    """Publish a post with its thread, its threadgate and its first comment."""
    options = BlueskyOptions.model_validate(post.content.options)
    thread = draft_thread(post.content, options)
    yield from warn_about_animations(thread)
    dids = yield from resolve_mentions(post)
    above = None if options.parent is None else (yield from find_parents(post, options.parent))
    blobs = yield from upload_media(post, [upload for draft in thread for upload in draft.uploads()])
    writer = _Writer(post=post, options=options, dids=dids, blobs=blobs, app=base(settings.app_url))
    first = yield from writer.put_thread(thread, above)
    comment = draft_comment(post.content)
    if comment is not None:
        root = first if above is None else above.root
        yield from _extra("firstComment", writer.put(comment, Parents(root, first)), refusals.FIRST_COMMENT_REFUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Writer:
    """Puts the records of one post. `app` is the base URL of links to posts."""

    post: ReadyPost
    options: BlueskyOptions
    dids: Mapping[str, str]
    blobs: Blobs
    app: str

    def put_thread(self, thread: Sequence[Draft], above: Parents | None) -> Flow[Place]:
        """Put the posts in order, each as a reply to the previous one, and return the place of the first."""
        first = yield from self.put(thread[0], above)
        yield self._part(0, first) if len(thread) > 1 else self._live(first)
        yield from self._put_threadgate(first)
        parents = Parents(first if above is None else above.root, first)
        for draft in thread[1:]:
            place = yield from self.put(draft, parents)
            yield self._part(draft.index, place)
            parents = Parents(parents.root, place)
        if len(thread) > 1:
            yield self._live(first)
        return first

    def put(self, draft: Draft, parents: Parents | None) -> Flow[Place]:
        """Put one post. Blobs that the server has lost since the upload are uploaded again."""
        call = self._call(draft, parents, self.blobs)
        reply = yield call
        if error_name(reply) == "BlobNotFound" and draft.uploads():
            for upload in draft.uploads():
                yield Forget(upload.step)
            call = self._call(draft, parents, (yield from upload_media(self.post, draft.uploads())))
            reply = yield call
        return (yield from self._placed(call, reply))

    def _put_threadgate(self, root: Place) -> Flow[None]:
        # Not before the post: the AppView marks a post as guarded when it receives the gate, and must know the post by
        # then (atproto, packages/bsky/src/data-plane/server/indexing/plugins/thread-gate.ts). And not after the thread:
        # until the gate is in place, anyone can reply.
        gate = self.options.threadgate
        if gate is None or gate.allow == ("everyone",):
            return
        record = threadgate_record(gate, post_uri=root.uri, created_at=created_at(self.post.frozen, 0))
        call = self._put(THREADGATE, 0, record, step="threadgate")
        yield from _extra("threadgate", self._send(call), refusals.THREADGATE_REFUSED)

    def _send(self, call: Call) -> Flow[Place]:
        reply = yield call
        return (yield from self._placed(call, reply))

    def _placed(self, call: Call, reply: Reply) -> Flow[Place]:
        """Return the place of a record that was put.

        A server that compares contents last may refuse a repeated put with InvalidSwap. The record itself then decides.
        """
        place = read_place(reply.data()) if reply.ok else None
        if place is None and (reply.ok or error_name(reply) == "InvalidSwap"):
            found = yield from find_put(self.post, call)
            place = None if found is None else read_place(found.data())
        if place is None:
            raise explain(call, reply)
        return place

    def _call(self, draft: Draft, parents: Parents | None, blobs: Blobs) -> Call:
        record = post_record(
            draft,
            created_at=created_at(self.post.frozen, draft.index),
            options=self.options,
            dids=self.dids,
            blobs=blobs,
            parents=parents,
        )
        return self._put(POST, draft.index, record, step=draft.step)

    def _put(self, collection: str, index: int, record: Json, *, step: str) -> Call:
        account = self.post.account
        key = tid(self.post.frozen, index)
        return put_record(account.data["pds"], account.platform_account_id, collection, key, record, step=step)

    def _part(self, index: int, place: Place) -> Part:
        return Part(index=index, uri=place.uri, cid=place.cid, url=self._url(index))

    def _live(self, first: Place) -> Live:
        return Live(uri=first.uri, cid=first.cid, url=self._url(0))

    def _url(self, index: int) -> str:
        did = self.post.account.platform_account_id  # it does not change with the handle
        return f"{self.app}/profile/{did}/post/{tid(self.post.frozen, index)}"


def _extra(name: str, put: Flow[Place], refused: Explanation) -> Flow[None]:
    """Put an extra, or warn if the server refuses it permanently: the post itself is published."""
    try:
        place = yield from put
    except PlatformFailure as failure:
        if POLICIES[failure.kind].next is not Next.STOP:
            raise
        yield Warn(refused.id, refused.describe(reason=failure.message))
    else:
        yield Extra(name=name, uri=place.uri, cid=place.cid)
