"""Publishes a post: everything invisible first, then one record after another.

Handles are resolved and media uploaded for the whole thread before its first post is put. A media item that the server
rejects therefore leaves nothing visible.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from letmepost.domain.flow import Call, Flow, Reply
from letmepost.platforms._kit.calls import base_url
from letmepost.platforms._kit.drafts import Draft, drafts_of
from letmepost.platforms._kit.publishing import Posted, publish_drafts, publish_extra, send_with_media
from letmepost.platforms.bluesky import refusals
from letmepost.platforms.bluesky.options import BlueskyOptions
from letmepost.platforms.bluesky.prepare import (
    find_parents,
    resolve_mentions,
    upload_media,
    warn_about_animations,
    warn_about_unconfirmed,
)
from letmepost.platforms.bluesky.reconcile import find_put
from letmepost.platforms.bluesky.records import (
    Blobs,
    Json,
    Parents,
    Place,
    post_record,
    read_place,
    threadgate_record,
    uploads_of,
)
from letmepost.platforms.bluesky.replies import explain
from letmepost.platforms.bluesky.settings import BlueskySettings
from letmepost.platforms.bluesky.tid import created_at, tid
from letmepost.platforms.bluesky.xrpc import POST, THREADGATE, error_name, put_record
from letmepost.platforms.contract import ReadyPost


def publish(post: ReadyPost, settings: BlueskySettings) -> Flow[None]:
    """Publish a post with its thread, its threadgate and its first comment."""
    options = BlueskyOptions.model_validate(post.content.options)
    drafts = drafts_of(post.content)
    uploads = [upload for draft in drafts for upload in uploads_of(draft, post.content)]
    yield from warn_about_animations(uploads)
    yield from warn_about_unconfirmed(uploads, settings)
    dids = yield from resolve_mentions(post)
    above = None if options.parent is None else (yield from find_parents(post, options.parent))
    blobs = yield from upload_media(post, settings, uploads)
    writer = _Writer(post=post, options=options, settings=settings, dids=dids, above=above, blobs=blobs)
    yield from publish_drafts(drafts, writer.put, refusals.FIRST_COMMENT_REFUSED, writer.put_threadgate)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Writer:
    """Puts the records of one post. `above` is what the post replies to."""

    post: ReadyPost
    options: BlueskyOptions
    settings: BlueskySettings
    dids: Mapping[str, str]
    above: Parents | None
    blobs: Blobs

    def put(self, draft: Draft, before: Sequence[Place]) -> Flow[Posted[Place]]:
        """Put one post. Blobs that the server has lost since the upload are uploaded again."""
        call, reply = yield from send_with_media(
            partial(self._call, draft, self._parents(before)),
            self.blobs,
            uploads_of(draft, self.post.content),
            partial(upload_media, self.post, self.settings),
            lambda reply: error_name(reply) == "BlobNotFound",
        )
        place = yield from self._placed(call, reply)
        did = self.post.account.platform_account_id  # it does not change with the handle
        url = f"{base_url(self.settings.app_url)}/profile/{did}/post/{tid(self.post.frozen, draft.index)}"
        return Posted(reference=place, uri=place.uri, cid=place.cid, url=url)

    def put_threadgate(self, first: Posted[Place]) -> Flow[None]:
        """Put the rules of who can reply.

        Not before the post: the AppView marks a post as guarded when it receives the gate, and must know the post by
        then (atproto, packages/bsky/src/data-plane/server/indexing/plugins/thread-gate.ts). And not after the thread:
        until the gate is in place, anyone can reply.
        """
        gate = self.options.threadgate
        if gate is None or gate.allow == ("everyone",):
            return
        record = threadgate_record(gate, post_uri=first.uri, created_at=created_at(self.post.frozen, 0))
        call = self._put(THREADGATE, 0, record, step="threadgate")
        yield from publish_extra("threadgate", self._send(call), refusals.THREADGATE_REFUSED)

    def _parents(self, before: Sequence[Place]) -> Parents | None:
        if not before:
            return self.above
        return Parents(before[0] if self.above is None else self.above.root, before[-1])

    def _send(self, call: Call) -> Flow[Posted[Place]]:
        reply = yield call
        place = yield from self._placed(call, reply)
        return Posted(reference=place, uri=place.uri, cid=place.cid)

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
