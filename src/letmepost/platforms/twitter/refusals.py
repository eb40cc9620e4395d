"""What X's flows refuse or warn about beyond the rules."""

import sys
from functools import partial

from letmepost.domain.errors import FailureKind, LimitScope
from letmepost.domain.refusals import PlatformRefusal, explanations_in
from letmepost.platforms._kit.refusals import auth_failed, first_comment_refused, rejected, unavailable
from letmepost.platforms.twitter.media_rules import VIDEO_DURATION_MAX
from letmepost.platforms.twitter.rules import TEXT_CASHTAGS_MAX

_RECONNECT = "Connect the account again."

_operators = partial(
    PlatformRefusal,
    kind=FailureKind.QUOTA_EXHAUSTED,
    scope=LimitScope.APP,
    is_operators=True,
    remediation="The operator of this service must fix this at console.x.com. The post is correct.",
)

REPLY_NOT_ALLOWED = rejected(
    id="twitter.reply.not_allowed",
    message="X lets apps reply only to people who have mentioned or quoted the account.",
    remediation="Reply on x.com, or to one of the account's own posts.",
    summary="X restricts replies that are sent by apps. The author of the other post must have mentioned or quoted the "
    "account.",
)
QUOTE_NOT_ALLOWED = rejected(
    id="twitter.quote.not_allowed",
    message="X does not let apps quote this post.",
    remediation="Put the link to the post into the text instead.",
    summary="X restricts quotes that are sent by apps. The author of the quoted post must have mentioned or quoted the "
    "account.",
)
DUPLICATE = PlatformRefusal(
    id="twitter.text.duplicate",
    kind=FailureKind.DUPLICATE,
    message="X rejected the post because the account has already published the same content.",
    remediation="Check the account: the earlier post may be this one. Change the text to publish it again.",
    summary="X rejects a post that repeats a recent post of the account.",
)
PROCESSING_FAILED = rejected(
    id="twitter.media.processing_failed",
    message="X could not process the {kind} ({facts}). {reason}",
    remediation="Re-export the file, a video as 8-bit H.264 (4:2:0) with AAC in MP4, and attach the new copy.",
    summary="X processes videos and GIFs after the upload, and could not use this file. The message has what is known "
    "about it. X does not accept every pixel format, nor the output of every hardware encoder.",
    sample={
        "kind": "video",
        "facts": "video/mp4, 1920x1080 pixels, h264 High 10, yuv420p10le",
        "reason": "InvalidMedia: Unsupported video format",
    },
)
VIDEO_TOO_LONG = rejected(
    rule=VIDEO_DURATION_MAX,
    message="X does not let this account publish a video of this length: {reason}",
    remediation="Cut the video to 140 s or less.",
)
FIRST_COMMENT_REFUSED = first_comment_refused("twitter.first_comment.refused", "X", reason="Not allowed.")

NO_CREDITS = _operators(message="The app's prepaid credits at X are used up.")
APP_REFUSED = _operators(message="X does not let this service's app do this.")
APP_UNKNOWN = _operators(message="X does not accept the app's own credentials.", kind=FailureKind.UNAVAILABLE)
APP_DAILY_LIMIT = _operators(message="The app has published as many posts in 24 hours as X allows.")
APP_CAPPED = _operators(message="The app's usage cap at X is reached.")
SESSION_ENDED = auth_failed(message="The account's permission has ended.", remediation=_RECONNECT)
ACCOUNT_LOCKED = auth_failed(
    message="X has locked or suspended this account.",
    remediation="Sign in at x.com with this account, follow the instructions there, and connect the account again.",
)
MEDIA_FORBIDDEN = auth_failed(
    message="The account has not permitted this service to upload media.",
    remediation="Connect the account again, and grant every permission.",
)
ACCOUNT_DAILY_LIMIT = PlatformRefusal(
    kind=FailureKind.QUOTA_EXHAUSTED,
    message="The account has published as many posts in 24 hours as X allows.",
    remediation="No action is needed: the post is tried again when the limit resets.",
)
MEDIA_LOST = unavailable(message="X no longer has an uploaded media item.")
UPLOAD_LOST = unavailable(message="X no longer has the upload of a media item, or a part of it.")
PROCESSING_ERROR = unavailable(message="X could not process a media item because of an error of its own: {reason}")
NO_ACCOUNT = unavailable(message="X did not return the account that the token belongs to.")
NOT_X = unavailable(message="The response did not come from X, but from a proxy or a firewall.")
NOT_FOUND = rejected(
    message="The post refers to another post that does not exist.",
    remediation="Check `replyToTweetId` and `quoteTweetId`: the other post may have been deleted.",
)
CASHTAGS = rejected(
    rule=TEXT_CASHTAGS_MAX.id,
    message="X allows at most one cashtag in a post.",
    remediation=TEXT_CASHTAGS_MAX.remediation,
)
NOT_PERMITTED = rejected(
    message="X rejected the post without a reason.",
    remediation="Shorten the text, remove mentions of people who do not know the account, or post it on x.com.",
)

REFUSALS = tuple(explanations_in(sys.modules[__name__]))
