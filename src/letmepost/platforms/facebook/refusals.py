"""What Facebook's flows refuse or warn about beyond the rules."""

import sys

from letmepost.domain.errors import FailureKind
from letmepost.domain.refusals import Explanation, PlatformRefusal, explanations_in
from letmepost.platforms._kit.refusals import auth_failed, first_comment_refused, rejected, unavailable

PAGES_NONE = rejected(
    id="facebook.pages.none",
    message="The consent gave access to no Facebook Page that can be published to. {reason}",
    remediation="Connect again as a person who may create content on the Page. Keep the Page and, if a business "
    "portfolio owns it, the portfolio selected in the dialog of Facebook.",
    summary="Accounts on Facebook are Pages, not people. A Page can be connected if it is published, and if the person "
    "has the task of creating content and granted access to it. Pages of a business portfolio are missing without the "
    "permission `business_management`. A Page that was not selected in Facebook's dialog is missing, too.",
    sample={"reason": "Acme: the Page is not published."},
    is_input=True,
)
ROLE_REQUIRED = rejected(
    id="facebook.page.role_required",
    message="The role on the Page of the person who connected it does not allow this.",
    remediation="An administrator of the Page must give that person a role that may create content. Then retry the "
    "post. Connecting the account again does not help.",
    summary="The token is valid, and other Pages of the same person may work. On this Page, the person's role is too "
    "weak.",
)
DUPLICATE = PlatformRefusal(
    id="facebook.text.duplicate",
    kind=FailureKind.DUPLICATE,
    message="Facebook rejected the post because the Page has already published the same content.",
    remediation="Check the Page: the earlier post may be this one. Change the text to publish it again.",
    summary="Facebook rejects a post that repeats a recent post of the Page.",
)
MEDIA_UNREACHABLE = rejected(
    id="facebook.media.reachable",
    message="Facebook could not fetch a media item from this deployment.",
    remediation="Ask the operator to make `LETMEPOST_PUBLIC_URL` reachable from the internet, then retry the post.",
    summary="Facebook fetches media from this deployment instead of accepting an upload.",
    is_operators=True,
)
LINK_REFUSED = rejected(
    id="facebook.link.refused",
    message="Facebook does not accept the link: {reason}",
    remediation="Check that the link opens without a login, and does not lead to facebook.com. Otherwise omit it.",
    summary="Facebook reads the page behind a link to show it as a card, and refuses some links to itself.",
    sample={"reason": "The URL could not be scraped."},
)
FIRST_COMMENT_REFUSED = first_comment_refused(
    "facebook.first_comment.refused", "Facebook", reason="(#200) Requires pages_manage_engagement permission."
)
THUMBNAIL_REFUSED = Explanation(
    id="facebook.thumbnail.refused",
    message="The video is published, but its thumbnail was not set. {reason}",
    remediation="Set the thumbnail of the video on Facebook.",
    summary="Facebook rejected the thumbnail. The video itself is visible, so the target is published with a warning.",
    sample={"reason": "Facebook rejected the request: (#100) The image is invalid."},
)

TEXT_TOO_LONG = rejected(
    rule="facebook.text.max_graphemes",
    message="Facebook reports that the text is too long.",
    remediation="Shorten the text.",
)
IMAGE_REFUSED = rejected(
    message="Facebook could not use an image: it is too large, or in a format that Facebook does not accept.",
    remediation="Convert the image to a JPEG of at most 4 MB.",
)
FILE_INVALID = rejected(
    message="Facebook does not accept the file.", remediation="Re-export the file and attach the new copy."
)
CONTENT_REFUSED = rejected(
    message="Facebook rejected the content because of its community standards.",
    remediation="Change the content. The Page's quality page on Facebook shows the decision.",
)
SECURITY_CHECK = rejected(
    message="Facebook requires a security check before it accepts comments.",
    remediation="The person who connected the Page must sign in to Facebook and complete the check.",
)
ACCOUNT_LIMITED = rejected(
    message="Facebook has limited what the account can do for some days.",
    remediation="Check the account's status on Facebook, and retry after the limitation has ended.",
)
FORMAT_INVALID = rejected(
    message="Facebook does not accept the format of the content: {reason}",
    remediation="Change what the reason names, and retry the post.",
)
UPLOAD_HOST = unavailable(
    id="facebook.upload.host",
    message="Facebook returned an upload URL on another host than the configured one. Nothing was sent there.",
    remediation="Ask the operator to check `LETMEPOST_FACEBOOK_UPLOAD_URL`.",
    summary="The bytes of reels and stories, and the Page's token, are sent only to the configured host.",
    is_operators=True,
)
VIDEO_FAILED = rejected(
    id="facebook.video.processing_failed",
    message="Facebook could not process the video: {reason}",
    remediation="Re-export the video as MP4 with H.264 and AAC, and attach the new copy.",
    summary="Facebook processes a video after it has received it, and could not. Nothing was published. The message "
    "has what Facebook returned.",
    sample={"reason": "The video file is corrupt."},
)
VIDEO_NOT_PROCESSED = rejected(
    id="facebook.video.not_processed",
    message="Facebook accepted the video, but did not process it. Nothing was published, and the upload was deleted.",
    remediation="Ask the operator to check that the app has Advanced Access for the permissions of Pages. Then retry "
    "the post.",
    summary="For an app without Advanced Access, Facebook accepts every call that publishes a video, and then does "
    "nothing. If Facebook does not begin to process a video within a minute, it is deleted, so that it cannot appear "
    "later, and the post is rejected.",
    is_operators=True,
)
VIDEO_DRAFT = rejected(
    id="facebook.video.draft",
    message="Facebook kept the video as a draft instead of publishing it. The draft was deleted.",
    remediation="Set the option `kind` to `reel`, and attach a video that is suitable for reels.",
    summary="Facebook keeps some videos for the feed as drafts, without an error: those that it takes for reels. "
    "Videos that are higher than wide are therefore published as reels.",
)
REELS_DAY = PlatformRefusal(
    id="facebook.reels.quota_day",
    kind=FailureKind.QUOTA_EXHAUSTED,
    message="The Page has published as many reels as Facebook allows apps in 24 hours.",
    remediation="No action is needed: the reel is published when the oldest of them is 24 hours old.",
    summary="Facebook allows apps 30 reels for each Page in 24 hours. Videos that are higher than wide are reels, too.",
)
VIDEO_PERMISSION = auth_failed(
    message="The token of the Page does not allow publishing videos.",
    remediation="Connect the account again as a person who may create content on the Page, and grant every permission.",
)
REEL_RATIO = rejected(
    rule="facebook.reel.aspect_ratio",
    message="Facebook does not accept the aspect ratio of the video for a reel.",
    remediation="Crop the video to 9:16.",
)
REEL_RESOLUTION = rejected(
    rule="facebook.reel.dimensions_min",
    message="The resolution of the video is too low for a reel.",
    remediation="Export the video with at least 540x960 pixels.",
)
REEL_DURATION = rejected(
    rule="facebook.reel.duration_max",
    message="Facebook does not accept the length of the video for a reel.",
    remediation="Cut the video to 3 to 90 s.",
)
REEL_FRAME_RATE = rejected(
    rule="facebook.reel.frame_rate",
    message="Facebook does not accept the frame rate of the video for a reel.",
    remediation="Export the video with 24 to 60 frames per second.",
)
RANGE_UNKNOWN = unavailable(message="Facebook did not state which part of the video it needs next.")
VIDEO_INCOMPLETE = unavailable(message="Facebook did not report that the video has arrived.")
VIDEO_LOST = unavailable(message="Facebook no longer has the video. It is sent again.")
VIDEO_STILL_PROCESSING = unavailable(message="Facebook is still processing the video.")
STORY_WITHOUT_ID = PlatformRefusal(
    kind=FailureKind.IN_DOUBT, message="Facebook accepted the story, but did not return its id."
)
PAGE_AUTHORIZATION = auth_failed(
    message="Facebook requires the person who connected the Page to complete the Page publishing authorization.",
    remediation="Complete it on Facebook, and connect the account again.",
)
IDENTITY_CHECK = auth_failed(
    message="Facebook requires the person who connected the Page to confirm their identity.",
    remediation="Confirm it on Facebook, and connect the account again.",
)

_RECONNECT = "Connect the account again."
APP_REMOVED = auth_failed(
    message="The person who connected the Page has removed the app on Facebook.", remediation=_RECONNECT
)
CHECKPOINT = auth_failed(
    message="Facebook requires the person who connected the Page to pass a security check.",
    remediation="Sign in to facebook.com, pass the check, and connect the account again.",
)
PASSWORD_CHANGED = auth_failed(
    message="The person who connected the Page has changed their password, or Facebook has ended their session.",
    remediation=_RECONNECT,
)
UNCONFIRMED = auth_failed(
    message="The person who connected the Page has not confirmed their Facebook account.",
    remediation="Confirm it on Facebook, and connect the account again.",
)
ROLE_LOST = auth_failed(
    message="The person who connected the Page has no role on it any longer.",
    remediation="Connect the account again as a person who may create content on the Page.",
)

REFUSALS = tuple(explanations_in(sys.modules[__name__]))
