"""What must be true of an account directly before a post: it may have changed since the post was accepted.

TikTok's guidelines require this read, and that the choices of the person are never changed:
https://developers.tiktok.com/docs/en/content-sharing-guidelines (checked 2026-11-28).
"""

from letmepost.domain.flow import Flow
from letmepost.platforms._kit.flows import fetch
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.tiktok.api import prepare_creator
from letmepost.platforms.tiktok.creator import Creator
from letmepost.platforms.tiktok.option_rules import is_photo_post
from letmepost.platforms.tiktok.options import TikTokOptions
from letmepost.platforms.tiktok.refusals import DURATION_LOST, INTERACTIONS_LOST, PRIVACY_LOST
from letmepost.platforms.tiktok.replies import explain
from letmepost.platforms.tiktok.settings import TikTokSettings


def check_creator(post: ReadyPost, options: TikTokOptions, settings: TikTokSettings) -> Flow[None]:
    """Check that the account may still publish the post as it is.

    Raises:
        PlatformFailure: it may not, or TikTok did not return that.
    """
    creator = yield from fetch(prepare_creator(settings), Creator.of_reply, explain)
    if options.privacy not in creator.privacy_levels:
        raise PRIVACY_LOST(privacy=options.privacy, allowed=", ".join(creator.privacy_levels)[:200])
    forbidden = creator.forbidden(options, is_photo=is_photo_post(post.content))
    if forbidden:
        raise INTERACTIONS_LOST(names=", ".join(forbidden))
    durations = [item.facts.duration_s for item in post.content.media if item.facts and item.facts.duration_s]
    if creator.max_video_s is not None and any(duration > creator.max_video_s for duration in durations):
        raise DURATION_LOST(duration=f"{max(durations):g}", limit=creator.max_video_s)
