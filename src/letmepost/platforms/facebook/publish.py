"""Publishes a post, a story or a first comment. Media are uploaded first, so that only one call is visible."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Call, Effect, Flow
from letmepost.platforms._kit.drafts import Draft, drafts_of
from letmepost.platforms._kit.fields import text_in
from letmepost.platforms._kit.publishing import Posted, publish_drafts
from letmepost.platforms._meta.calls import create, read
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.facebook.options import FacebookOptions
from letmepost.platforms.facebook.photos import discard, read_story_id, stage
from letmepost.platforms.facebook.refusals import FIRST_COMMENT_REFUSED
from letmepost.platforms.facebook.replies import explain, is_missing, post_id_in
from letmepost.platforms.facebook.session import check
from letmepost.platforms.facebook.settings import FacebookSettings
from letmepost.platforms.facebook.surface import surface_of, video_of
from letmepost.platforms.facebook.video_uploads import VideoUploads
from letmepost.platforms.facebook.videos import PostedVideo, VideoWriter, set_thumbnail


def publish(post: ReadyPost, settings: FacebookSettings) -> Flow[None]:
    """Publish a post with its thumbnail and its first comment."""
    writer = _Writer(post, FacebookOptions.model_validate(post.content.options), settings)
    yield from publish_drafts(drafts_of(post.content), writer.put, FIRST_COMMENT_REFUSED, writer.add_thumbnail)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Publishes the drafts of one post."""

    post: ReadyPost
    options: FacebookOptions
    settings: FacebookSettings

    def put(self, draft: Draft, above: Sequence[str]) -> Flow[Posted[str]]:
        """Publish a draft. Only the URL of the post is read."""
        if draft.is_comment:
            form = {"message": draft.text}  # with `fields`, a comment was created and the reply was an error
            comment_id = yield from self._send(self._call(f"{above[0]}/comments", form, draft), ())
            return Posted(reference=comment_id, uri=comment_id)
        surface, video = surface_of(self.post.content, self.options), video_of(self.post.content)
        if surface is not None and video is not None:
            uploads = VideoUploads(self.post.account.platform_account_id, video, surface, self.settings)
            return (yield from VideoWriter(self.options, uploads).publish(draft))
        photo_ids = yield from stage(self.post, draft, self.settings)
        try:
            post_id = yield from self._send(self._post_call(draft, photo_ids), photo_ids)
        except PlatformFailure as failure:
            yield from discard(photo_ids, failure, self.settings)
            raise
        return Posted(reference=post_id, uri=post_id, url=(yield from self._link(post_id)))

    def add_thumbnail(self, posted: Posted[str]) -> Flow[None]:
        """Set the thumbnail of a published video, if it has one."""
        video = video_of(self.post.content)
        if isinstance(posted, PostedVideo) and video is not None and video.thumbnail is not None:
            yield from set_thumbnail(posted.video_id, video.thumbnail, self.settings)

    def _post_call(self, draft: Draft, photo_ids: Sequence[str]) -> Call:
        page = self.post.account.platform_account_id
        if self.options.is_story:
            return self._call(f"{page}/photo_stories", {"photo_id": photo_ids[0]}, draft)
        form = {
            **({"message": draft.text} if draft.text else {}),
            **({"link": self.options.link} if self.options.link is not None else {}),
            **{f"attached_media[{at}]": json.dumps({"media_fbid": one}) for at, one in enumerate(photo_ids)},
        }
        return self._call(f"{page}/feed", form, draft)

    def _call(self, path: str, form: dict[str, str], draft: Draft) -> Call:
        return create(self.settings, path, form, effect=Effect.PUBLISH, step=draft.step)

    def _send(self, call: Call, photo_ids: Sequence[str]) -> Flow[str]:
        """Send a call that publishes, and return the id of what it published."""
        reply = yield call
        post_id = post_id_in(reply)
        if post_id is not None:
            return post_id
        failure = explain(call, reply)
        if failure.kind is FailureKind.DUPLICATE and photo_ids:
            story_id, _ = yield from read_story_id(photo_ids[0], self.settings)
            if story_id is not None:  # the photos are those of this post, so it was published before
                return story_id
        if is_missing(reply):  # also for a Page that the token has lost: then the token decides
            yield from check(self.post.account, self.settings)
        raise failure

    def _link(self, post_id: str) -> Flow[str | None]:
        """Return the URL of a post. Without an answer, it is made from the id, except for a story."""
        made = None if self.options.is_story else f"https://www.facebook.com/{post_id}"
        try:
            reply = yield read(self.settings, post_id, fields="id,permalink_url")
        except PlatformFailure:
            return made
        found = text_in(reply.data(), "permalink_url") if reply.ok else None
        return found if found is not None and found.startswith("https://") else made
