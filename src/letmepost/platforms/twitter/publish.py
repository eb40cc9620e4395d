"""Publishes a post: its media first, then one post after another, each as a reply to the previous one.

Media are uploaded for the whole thread before its first post. A media item that X rejects therefore leaves nothing
visible.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from letmepost.domain.errors import GaveUp
from letmepost.domain.flow import Call, Flow, Pause
from letmepost.platforms._kit.calls import base_url
from letmepost.platforms._kit.drafts import Draft, drafts_of
from letmepost.platforms._kit.publishing import Posted, publish_drafts, upload_again
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.twitter.api import create_post, read_id, root
from letmepost.platforms.twitter.drafts import post_body
from letmepost.platforms.twitter.media import are_known, upload_media
from letmepost.platforms.twitter.options import TwitterOptions
from letmepost.platforms.twitter.refusals import FIRST_COMMENT_REFUSED
from letmepost.platforms.twitter.replies import explain, has_lost_media
from letmepost.platforms.twitter.settings import TwitterSettings

_LOOK_AGAIN_S = 5.0
_KNOWN_WITHIN_S = 60.0


def publish(post: ReadyPost, settings: TwitterSettings) -> Flow[None]:
    """Publish a post with its thread and its first comment."""
    options = TwitterOptions.model_validate(post.content.options)
    drafts = drafts_of(post.content)
    media_ids = yield from upload_media(settings, [upload for draft in drafts for upload in draft.uploads()])
    writer = _Writer(settings=settings, options=options, media_ids=media_ids)
    yield from publish_drafts(drafts, writer.create, FIRST_COMMENT_REFUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Writer:
    """Creates the posts."""

    settings: TwitterSettings
    options: TwitterOptions
    media_ids: Mapping[int, str]

    def create(self, draft: Draft, above: Sequence[str]) -> Flow[Posted[str]]:
        """Create one post."""
        parent = above[-1] if above else self.options.reply_to_tweet_id
        call = self._call(draft, parent, self.media_ids)
        reply = yield call
        if draft.media and has_lost_media(reply):
            call = self._call(draft, parent, (yield from self._other_media(draft)))
            reply = yield call
        post_id = read_id(reply)
        if not reply.ok or post_id is None:
            raise explain(call, reply)
        uri = f"{base_url(self.settings.web_url)}/i/web/status/{post_id}"  # it does not change with the handle
        return Posted(reference=post_id, uri=uri, url=uri)

    def _other_media(self, draft: Draft) -> Flow[Mapping[int, str]]:
        """Return the ids of media that X has lost, after uploading them again.

        X also says that ids are invalid if it has not finished processing. If it knows the media, only the post is
        repeated, in a later run.
        """
        uploads = draft.uploads()
        if (yield from are_known(self.settings, uploads, self.media_ids)):
            with suppress(GaveUp):
                yield Pause(f"{draft.step}-media", _LOOK_AGAIN_S, _KNOWN_WITHIN_S)
        return (yield from upload_again(uploads, partial(upload_media, self.settings)))

    def _call(self, draft: Draft, parent: str | None, media_ids: Mapping[int, str]) -> Call:
        server = root(self.settings)
        return create_post(server, post_body(draft, self.options, media_ids, parent), step=draft.step)
