"""Publishes a post: its media first, then one status after another, each as a reply to the previous one.

Media are uploaded for the whole thread before its first status. A media item that the server rejects therefore leaves
nothing visible.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from letmepost.domain.flow import Call, Flow, Reply
from letmepost.platforms._kit.drafts import Draft, drafts_of
from letmepost.platforms._kit.publishing import Posted, publish_drafts, upload_again
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.mastodon.api import create_status, read_id, url_in
from letmepost.platforms.mastodon.drafts import status_body
from letmepost.platforms.mastodon.media import Readiness, read_readiness, upload_all, wait_for
from letmepost.platforms.mastodon.options import MastodonOptions
from letmepost.platforms.mastodon.reconcile import CLOCKS_APART, find_status
from letmepost.platforms.mastodon.refusals import FIRST_COMMENT_REFUSED
from letmepost.platforms.mastodon.replies import explain
from letmepost.platforms.mastodon.session import base_of
from letmepost.platforms.mastodon.settings import MastodonSettings


def publish(post: ReadyPost, settings: MastodonSettings) -> Flow[None]:
    """Publish a post with its thread and its first comment."""
    options = MastodonOptions.model_validate(post.content.options)
    drafts, base = drafts_of(post.content), base_of(post.account, settings)
    media_ids = yield from upload_all(base, [upload for draft in drafts for upload in draft.uploads()])
    writer = _Writer(post=post, options=options, base=base, media_ids=media_ids)
    yield from publish_drafts(drafts, writer.create, FIRST_COMMENT_REFUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Writer:
    """Creates the statuses of one post."""

    post: ReadyPost
    options: MastodonOptions
    base: str
    media_ids: Mapping[int, str]

    def create(self, draft: Draft, above: Sequence[str]) -> Flow[Posted[str]]:
        """Create one status."""
        parent = above[-1] if above else self.options.reply_to_id
        call = self._call(draft, self.media_ids, parent)
        reply = yield call
        if reply.status == 422 and draft.media:
            call, reply = yield from self._with_other_media(draft, parent, call, reply)
        return _posted(call, reply)

    def _with_other_media(
        self, draft: Draft, parent: str | None, call: Call, refused: Reply
    ) -> Flow[tuple[Call, Reply]]:
        """Find out why a status with media was refused. The state of its media decides, not the server's sentence.

        A missing media item has expired, or an attempt that was never seen has published it. Only if the timeline does
        not show that are the media uploaded again, once.
        """
        states = set()
        for upload in draft.uploads():
            states.add((yield from read_readiness(self.base, self.media_ids[upload.number])))
        if Readiness.PROCESSING in states:
            yield from wait_for(draft.step)
        if Readiness.MISSING not in states:
            return call, refused
        frozen_at = self.post.frozen.at
        found = yield from find_status(
            self.base, self.post.account, call.json or {}, frozen_at - CLOCKS_APART, frozen_at
        )
        if found is not None:
            return call, found.reply
        media_ids = yield from upload_again(draft.uploads(), partial(upload_all, self.base))
        call = self._call(draft, media_ids, parent)
        return call, (yield call)

    def _call(self, draft: Draft, media_ids: Mapping[int, str], parent: str | None) -> Call:
        body = status_body(draft, self.options, media_ids, parent)
        return create_status(self.base, body, step=draft.step, entropy=self.post.frozen.entropy)


def _posted(call: Call, reply: Reply) -> Posted[str]:
    status_id = read_id(reply)
    if not reply.ok or status_id is None:
        raise explain(call, reply)
    return Posted(reference=status_id, uri=status_id, url=url_in(reply.data()))
