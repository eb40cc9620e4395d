"""Publishes a post: its media first, then one post after another, each as a reply to the previous one.

Media are uploaded for the whole thread before its first post. A media item that X rejects therefore leaves nothing
visible.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Extra, Flow, Forget, Live, Part, Warn
from letmepost.domain.retry import POLICIES, Next
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.twitter.api import base, create_post, read_id, root
from letmepost.platforms.twitter.drafts import Draft, draft_comment, draft_thread
from letmepost.platforms.twitter.media import upload_media
from letmepost.platforms.twitter.options import TwitterOptions
from letmepost.platforms.twitter.refusals import FIRST_COMMENT_REFUSED
from letmepost.platforms.twitter.replies import explain, has_lost_media
from letmepost.platforms.twitter.settings import TwitterSettings


def publish(post: ReadyPost, settings: TwitterSettings) -> Flow[None]:
    """Publish a post with its thread and its first comment."""
    options = TwitterOptions.model_validate(post.content.options)
    thread = draft_thread(post.content, options)
    server = root(settings)
    media_ids = yield from upload_media(server, [upload for draft in thread for upload in draft.uploads])
    writer = _Writer(server=server, web=base(settings.web_url), media_ids=media_ids)
    first = yield from writer.create_thread(thread, options.reply_to_tweet_id)
    comment = draft_comment(post.content)
    if comment is not None:
        yield from writer.create_comment(comment, first)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Writer:
    """Creates the posts. `web` is the base URL of links to them."""

    server: str
    web: str
    media_ids: Mapping[int, str]

    def create_thread(self, thread: Sequence[Draft], above: str | None) -> Flow[str]:
        """Create the posts in order, and return the id of the first."""
        ids: list[str] = []
        for draft in thread:
            ids.append((yield from self.create(draft, ids[-1] if ids else above)))
            if len(thread) > 1:
                yield Part(index=draft.index, uri=self._uri(ids[-1]), url=self._uri(ids[-1]))
        yield Live(uri=self._uri(ids[0]), url=self._uri(ids[0]))
        return ids[0]

    def create_comment(self, comment: Draft, first: str) -> Flow[None]:
        """Create the first comment, or warn if X refuses it permanently: the post itself is published."""
        try:
            post_id = yield from self.create(comment, first)
        except PlatformFailure as failure:
            if POLICIES[failure.kind].next is not Next.STOP:
                raise
            yield Warn(FIRST_COMMENT_REFUSED.id, FIRST_COMMENT_REFUSED.describe(reason=failure.message))
        else:
            yield Extra(name="firstComment", uri=self._uri(post_id))

    def create(self, draft: Draft, parent: str | None) -> Flow[str]:
        """Create one post and return its id. Media that X has lost since the upload are uploaded again."""
        call = create_post(self.server, draft.body(self.media_ids, parent), step=draft.step)
        reply = yield call
        if draft.uploads and has_lost_media(reply):
            for upload in draft.uploads:
                yield Forget(upload.step)
            media_ids = yield from upload_media(self.server, draft.uploads)
            call = create_post(self.server, draft.body(media_ids, parent), step=draft.step)
            reply = yield call
        post_id = read_id(reply)
        if not reply.ok or post_id is None:
            raise explain(call, reply)
        return post_id

    def _uri(self, post_id: str) -> str:
        return f"{self.web}/i/web/status/{post_id}"  # it does not change with the handle
