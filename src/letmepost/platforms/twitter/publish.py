"""Publishing a post: its media first, then one post after another, each a reply to the one before.

Media are sent for the whole thread before its first post, so that a medium that X refuses leaves nothing behind that
followers could see.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Extra, Flow, Forget, Live, Part, Warn
from letmepost.domain.retry import POLICIES, Next
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.twitter.api import base, create_post, read_id
from letmepost.platforms.twitter.drafts import Draft, draft_comment, draft_thread
from letmepost.platforms.twitter.media import upload_media
from letmepost.platforms.twitter.options import TwitterOptions
from letmepost.platforms.twitter.replies import explain, has_lost_media
from letmepost.platforms.twitter.settings import TwitterSettings


def publish(post: ReadyPost, settings: TwitterSettings) -> Flow[None]:
    """Publish a post with its thread and its first comment."""
    options = TwitterOptions.model_validate(post.content.options)
    thread = draft_thread(post.content, options)
    server = base(settings.api_url)
    media_ids = yield from upload_media(server, [upload for draft in thread for upload in draft.uploads])
    writer = _Writer(server=server, web=base(settings.web_url), media_ids=media_ids)
    first = yield from writer.create_thread(thread, options.reply_to_tweet_id)
    comment = draft_comment(post.content)
    if comment is not None:
        yield from writer.create_comment(comment, first)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Writer:
    """Creates the posts; `web` is where links to them lead."""

    server: str
    web: str
    media_ids: Mapping[int, str]

    def create_thread(self, thread: Sequence[Draft], above: str | None) -> Flow[str]:
        """Create the posts in order; the first one's id."""
        ids: list[str] = []
        for draft in thread:
            ids.append((yield from self.create(draft, ids[-1] if ids else above)))
            if len(thread) > 1:
                yield Part(index=draft.index, uri=self._uri(ids[-1]), url=self._uri(ids[-1]))
        yield Live(uri=self._uri(ids[0]), url=self._uri(ids[0]))
        return ids[0]

    def create_comment(self, comment: Draft, first: str) -> Flow[None]:
        """Create what the post does without when it is refused for good."""
        try:
            post_id = yield from self.create(comment, first)
        except PlatformFailure as failure:
            if POLICIES[failure.kind].next is not Next.STOP:
                raise
            yield Warn("twitter.first_comment.refused", failure.message)
        else:
            yield Extra(name="firstComment", uri=self._uri(post_id))

    def create(self, draft: Draft, parent: str | None) -> Flow[str]:
        """Create one post; its id. Media that X has lost meanwhile are sent once more."""
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
        return f"{self.web}/i/web/status/{post_id}"  # it outlives a change of the handle
