"""Publishes a post: its media first, then one post after another, each as a reply to the previous one.

Media are uploaded for the whole thread before its first post. A media item that X rejects therefore leaves nothing
visible.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from letmepost.domain.flow import Call, Flow
from letmepost.platforms._kit.calls import base_url
from letmepost.platforms._kit.drafts import Draft, drafts_of
from letmepost.platforms._kit.publishing import Posted, publish_drafts, send_with_media
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.twitter.api import create_post, read_id, root
from letmepost.platforms.twitter.drafts import post_body
from letmepost.platforms.twitter.media import upload_media
from letmepost.platforms.twitter.options import TwitterOptions
from letmepost.platforms.twitter.refusals import FIRST_COMMENT_REFUSED
from letmepost.platforms.twitter.replies import explain, has_lost_media
from letmepost.platforms.twitter.settings import TwitterSettings


def publish(post: ReadyPost, settings: TwitterSettings) -> Flow[None]:
    """Publish a post with its thread and its first comment."""
    options = TwitterOptions.model_validate(post.content.options)
    drafts = drafts_of(post.content)
    server = root(settings)
    media_ids = yield from upload_media(server, [upload for draft in drafts for upload in draft.uploads()])
    writer = _Writer(server=server, web=base_url(settings.web_url), options=options, media_ids=media_ids)
    yield from publish_drafts(drafts, writer.create, FIRST_COMMENT_REFUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Writer:
    """Creates the posts. `web` is the base URL of links to them."""

    server: str
    web: str
    options: TwitterOptions
    media_ids: Mapping[int, str]

    def create(self, draft: Draft, above: Sequence[str]) -> Flow[Posted[str]]:
        """Create one post. Media that X has lost since the upload are uploaded again."""
        parent = above[-1] if above else self.options.reply_to_tweet_id
        call, reply = yield from send_with_media(
            partial(self._call, draft, parent),
            self.media_ids,
            draft.uploads(),
            partial(upload_media, self.server),
            has_lost_media,
        )
        post_id = read_id(reply)
        if not reply.ok or post_id is None:
            raise explain(call, reply)
        uri = f"{self.web}/i/web/status/{post_id}"  # it does not change with the handle
        return Posted(reference=post_id, uri=uri, url=uri)

    def _call(self, draft: Draft, parent: str | None, media_ids: Mapping[int, str]) -> Call:
        return create_post(self.server, post_body(draft, self.options, media_ids, parent), step=draft.step)
