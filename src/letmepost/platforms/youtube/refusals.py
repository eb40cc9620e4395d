"""What YouTube's flows refuse or warn about beyond the rules."""

import sys

from letmepost.domain.errors import FailureKind, FixableBy, LimitScope
from letmepost.domain.refusals import Explanation, PlatformRefusal, explanations_in
from letmepost.platforms._kit.refusals import auth_failed, rejected, unavailable


def _extra(rule_id: str, subject: str, remediation: str, *, reason: str, **sample: str) -> Explanation:
    return Explanation(
        id=rule_id,
        message=f"The video is published, but {subject}. {{reason}} ({{status}})",
        remediation=remediation,
        summary="YouTube rejected an addition to the video. The video itself is published, and is not uploaded again.",
        sample={"reason": f"YouTube rejected the request: {reason}", "status": "HTTP 403, forbidden", **sample},
    )


CHANNEL_MISSING = auth_failed(
    id="youtube.channel.missing",
    message="The Google account has no YouTube channel.",
    remediation="Create a channel at https://www.youtube.com/create_channel, and connect the account again.",
    summary="A Google account has no channel until its owner creates one. Videos belong to a channel.",
)
CHANNEL_UNUSABLE = auth_failed(
    id="youtube.channel.unusable",
    message="YouTube has closed or suspended the channel, or does not let this user act for it: {reason}",
    remediation="The owner must check the status of the channel in YouTube Studio, and connect it again.",
    summary="The channel was closed or suspended, or the person may not act for it.",
    sample={"reason": "The channel is suspended."},
)
SCOPE_MISSING = auth_failed(
    id="youtube.permission.missing",
    message="The account's owner has not granted the permission {scope}.",
    remediation="Connect the account again, and tick every box on Google's page.",
    summary="On Google's page, a person can grant single permissions. A call needs one that was not granted.",
    sample={"scope": "https://www.googleapis.com/auth/youtube.force-ssl"},
)
UPLOADS_USED_UP = PlatformRefusal(
    id="youtube.quota.uploads",
    kind=FailureKind.QUOTA_EXHAUSTED,
    scope=LimitScope.APP,
    message="This deployment has used up the uploads that Google allows its project in a day.",
    remediation="No action is needed: the limit resets at midnight Pacific time.",
    summary="Google allows each project 100 uploads a day by default, for all accounts together. The operator can "
    "request more.",
)
UNITS_USED_UP = PlatformRefusal(
    id="youtube.quota.units",
    kind=FailureKind.QUOTA_EXHAUSTED,
    scope=LimitScope.APP,
    message="This deployment has used up the quota units that Google allows its project in a day.",
    remediation="No action is needed: the limit resets at midnight Pacific time.",
    summary="Google allows each project 10,000 quota units a day by default, for all accounts together. The operator "
    "can request more.",
)
CHANNEL_LIMIT = PlatformRefusal(
    id="youtube.quota.channel",
    kind=FailureKind.QUOTA_EXHAUSTED,
    message="The channel has uploaded as many videos as YouTube allows it in a day.",
    remediation="No action is needed: the upload is tried again after 24 hours. Verify the channel to raise the limit.",
    summary="YouTube limits the uploads of each channel in a day, by its history. The limit is not published.",
)
TITLE_INVALID = rejected(
    id="youtube.title.invalid",
    message="YouTube does not accept the title: {reason}",
    remediation="Change `options.title`.",
    summary="YouTube rejected the title. Nothing was uploaded.",
    sample={"reason": "The request metadata specifies an invalid or empty video title."},
)
TEXT_INVALID = rejected(
    id="youtube.text.invalid",
    message="YouTube does not accept the description: {reason}",
    remediation="Change the text of the post.",
    summary="YouTube rejected the description. Nothing was uploaded.",
    sample={"reason": "The request metadata specifies an invalid video description."},
)
TAGS_INVALID = rejected(
    id="youtube.tags.invalid",
    message="YouTube does not accept the tags: {reason}",
    remediation="Change or remove `options.tags`.",
    summary="YouTube rejected the tags. Nothing was uploaded.",
    sample={"reason": "The request metadata specifies invalid video keywords."},
)
CATEGORY_INVALID = rejected(
    id="youtube.category.invalid",
    message="YouTube does not accept the category: {reason}",
    remediation="Send another `options.categoryId`, or omit it.",
    summary="The category does not exist, or videos cannot be assigned to it in the region of the channel.",
    sample={"reason": "The categoryId property specifies an invalid category ID."},
)
PUBLISH_AT_INVALID = rejected(
    id="youtube.publish_at.invalid",
    message="YouTube does not accept the time in `publishAt`: {reason}",
    remediation="Send a later `options.publishAt`, or omit it.",
    summary="YouTube rejected the time at which it should make the video public.",
    sample={"reason": "The request metadata specifies an invalid scheduled publishing time."},
)
PUBLISH_AT_PASSED = rejected(
    rule="youtube.publish_at.future",
    message="`publishAt` ({publish_at}) has passed: YouTube would publish the video immediately.",
    remediation="Send a later `options.publishAt`, or omit it, and retry the post.",
    sample={"publish_at": "2026-12-01T09:00:00+00:00"},
)
SETTING_FORBIDDEN = rejected(
    id="youtube.status.forbidden",
    message="YouTube does not let the channel use a setting of the video: {reason}",
    remediation="Send another `options.privacy`, or omit it.",
    summary="YouTube does not permit the privacy, the license or the embedding to this channel or app.",
    sample={"reason": "The request attempts to set an invalid privacy setting."},
)
PRIVACY_CHANGED = Explanation(
    id="youtube.privacy.changed",
    message="The post requested the privacy {requested}, but YouTube published the video as {actual}.",
    remediation="Change the privacy in YouTube Studio, and check the upload defaults of the channel.",
    summary="Settings of the creator's account can restrict new videos. YouTube then uploads them with another privacy "
    "than requested.",
    sample={"requested": "public", "actual": "private"},
    fixable_by=FixableBy.ACCOUNT_OWNER,
)
DUPLICATE = Explanation(
    id="youtube.video.duplicate",
    message="YouTube removed the video because the channel has uploaded the same file before.",
    remediation="Look for the earlier video in YouTube Studio.",
    summary="YouTube detects a duplicate after the upload, when it processes the video.",
)
VIDEO_REJECTED = Explanation(
    id="youtube.video.rejected",
    message="YouTube rejected the video after the upload: {reason}.",
    remediation="Open the video in YouTube Studio, which shows the details.",
    summary="YouTube checks a video after the upload, and rejected this one..",
    sample={"reason": "copyright"},
)
PROCESSING_FAILED = Explanation(
    id="youtube.processing.failed",
    message="YouTube could not process the video: {reason}.",
    remediation="Re-export the file, and publish the new copy.",
    summary="YouTube processes a video after the upload, and could not use this file.",
    sample={"reason": "codec"},
)
PROCESSING_UNCONFIRMED = Explanation(
    id="youtube.processing.unconfirmed",
    message="The video is published, but YouTube has not confirmed that it can be played. {reason}",
    remediation="Check the video in YouTube Studio.",
    summary="YouTube processes a video after the upload. Its status is read for half an hour, because each read uses "
    "the quota of the deployment.",
    sample={"reason": "YouTube is still processing it."},
    fixable_by=FixableBy.PLATFORM,
)
THUMBNAIL_REFUSED = _extra(
    "youtube.thumbnail.refused",
    "its thumbnail was not set",
    "Verify the channel at https://www.youtube.com/verify, and set the thumbnail in YouTube Studio.",
    reason="The channel may not set custom thumbnails.",
)
PLAYLIST_REFUSED = _extra(
    "youtube.playlist.refused",
    "it was not added to the playlist",
    "Check `options.playlistId`, and add the video in YouTube Studio.",
    reason="The playlist cannot be found.",
)
CAPTIONS_REFUSED = _extra(
    "youtube.captions.refused",
    "the captions ({language}) were not added",
    "Check the file, and add the captions in YouTube Studio.",
    reason="The caption track is invalid.",
    language="en",
)
FIRST_COMMENT_REFUSED = _extra(
    "youtube.first_comment.refused",
    "its first comment was rejected",
    "Add the comment on YouTube.",
    reason="The video has disabled comments.",
)
SESSION_ELSEWHERE = rejected(
    id="youtube.session.host",
    message="YouTube named an upload address on another host: {host}.",
    remediation="Ask the operator to check `LETMEPOST_YOUTUBE_UPLOAD_URL` and the proxies of this deployment.",
    summary="The account's token and the video are sent only to the host in the settings.",
    sample={"host": "example.com"},
    is_operators=True,
)

SESSION_ENDED = auth_failed(
    message="Google no longer accepts the account's token.", remediation="Connect the account again."
)
THUMBNAIL_FORBIDDEN = rejected(
    message="YouTube does not let the channel set thumbnails: {reason}",
    remediation="Verify the channel at https://www.youtube.com/verify, and set the thumbnail on YouTube.",
)
APP_REFUSED = rejected(
    message="Google does not accept this deployment's app: {reason}",
    remediation="The operator must correct the OAuth client in the Google Cloud console.",
    is_operators=True,
)
SESSION_LOST = unavailable(message="YouTube no longer has the upload session. Nothing was published.")
NOT_LISTED_YET = unavailable(message="YouTube does not list the video yet.")

REFUSALS = tuple(explanations_in(sys.modules[__name__]))
