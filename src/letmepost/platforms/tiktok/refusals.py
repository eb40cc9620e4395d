"""What TikTok's flows refuse or warn about beyond the rules."""

import sys
from functools import partial

from letmepost.domain.errors import FailureKind, LimitScope
from letmepost.domain.refusals import Explanation, PlatformRefusal, explanations_in
from letmepost.platforms._kit.refusals import auth_failed, rejected, unavailable
from letmepost.platforms.tiktok.media_rules import FILE_FORMAT, FRAME_RATE, RESOLUTION, TOO_LONG
from letmepost.platforms.tiktok.option_rules import INTERACTIONS, PRIVACY_ALLOWED

_exhausted = partial(PlatformRefusal, kind=FailureKind.QUOTA_EXHAUSTED)
_media_refused = partial(rejected, sample={"media": "media[0] (video/mp4, h264, 1080x1920, 12 s)"})
_in_doubt = partial(PlatformRefusal, kind=FailureKind.IN_DOUBT)

PUBLISH_FAILED = rejected(
    id="tiktok.publish.failed",
    message="TikTok accepted the post, and then refused it: {reason}",
    remediation="Check the reason and the media, and publish the post again.",
    summary="TikTok processes and moderates a post after it has accepted it. The message has TikTok's reason. Nothing "
    "was published.",
    sample={"reason": "spam_risk_text"},
)
UPLOAD_EXPIRED = unavailable(
    id="tiktok.upload.chunk_failed",
    message="TikTok no longer accepts the rest of the video. Nothing was published.",
    remediation="No action is needed: the upload starts again.",
    summary="TikTok accepts the bytes of a video for an hour. The upload did not end within that time, or TikTok lost "
    "it, so it starts again. TikTok publishes a video only when it has the last byte.",
)
UPLOAD_HOST = unavailable(
    id="tiktok.upload.host",
    message="TikTok returned an upload URL on a host that is not TikTok's.",
    remediation="Ask the operator to check `LETMEPOST_TIKTOK_UPLOAD_HOST_SUFFIX`.",
    summary="The bytes of a video are sent only to hosts that end with the configured suffix.",
    is_operators=True,
)
CHUNK_PLAN = rejected(
    id="tiktok.upload.chunk_plan",
    message="TikTok rejected the parts in which the video would be uploaded: {reason}",
    remediation="Ask the operator to change `LETMEPOST_TIKTOK_CHUNK_BYTES`, or attach a video of at most 64,000,000 "
    "bytes.",
    summary="Videos of more than 64,000,000 bytes are uploaded in parts. TikTok rejects some sizes of parts, although "
    "its documentation allows them.",
    sample={"reason": "The chunk size is invalid"},
    is_operators=True,
)
PHOTO_UNREACHABLE = unavailable(
    id="tiktok.photo.reachable",
    message="TikTok could not fetch a media item from this deployment.",
    remediation="Ask the operator to make `LETMEPOST_PUBLIC_URL` reachable from the internet, then retry the post.",
    summary="TikTok fetches photos from this deployment instead of accepting an upload. Nothing was published.",
    is_operators=True,
)
URL_UNVERIFIED = rejected(
    id="tiktok.photo.domain_unverified",
    message="TikTok does not fetch photos from this deployment, because its domain is not verified.",
    remediation="Ask the operator to verify the host of `LETMEPOST_PUBLIC_URL` among the URL properties of the app.",
    summary="TikTok fetches photos only from domains that the app's owner has verified.",
    is_operators=True,
)
PRIVATE_ACCOUNT = rejected(
    id="tiktok.audit.private_account",
    message="TikTok has not audited the app of this deployment, so the account must be private when it posts.",
    remediation="Set the account to private in the TikTok app, send `privacy: SELF_ONLY`, and retry the post.",
    summary="An app that TikTok has not audited can publish only for private accounts. The setting of the account "
    "counts, not only the privacy of the post.",
)
POSTS_DAY = _exhausted(
    id="tiktok.quota.posts",
    message="The account has published as many posts as TikTok allows in 24 hours.",
    remediation="No action is needed: the post is tried again every hour, until its deadline.",
    summary="TikTok limits the posts of an account in 24 hours, over all apps together: usually 15. TikTok does not "
    "state when the next one is possible.",
)
PENDING_SHARES = _exhausted(
    id="tiktok.quota.drafts",
    message="The account has as many unfinished posts in its TikTok inbox as TikTok allows.",
    remediation="Finish or delete drafts in the TikTok app.",
    summary="TikTok accepts five unfinished posts of an account in 24 hours.",
)
ACTIVE_USERS = _exhausted(
    id="tiktok.quota.accounts",
    message="The app of this deployment has published for as many accounts as TikTok allows in 24 hours.",
    remediation="No action is needed: the post is tried again every hour. The operator can ask TikTok for a higher "
    "limit.",
    summary="TikTok limits for how many accounts an app publishes in 24 hours: 5 before the audit of the app, and then "
    "the number that TikTok granted.",
    scope=LimitScope.APP,
)
BANNED = rejected(
    id="tiktok.account.banned",
    message="TikTok does not let the account publish.",
    remediation="The owner must open the TikTok app, and follow its instructions.",
    summary="TikTok has banned the account from publishing. Connecting it again does not help.",
)
SPAM = rejected(
    id="tiktok.content.spam",
    message="TikTok refused the post as spam: {reason}",
    remediation="Change the text or the media. Do not repeat the post: that makes a block more likely.",
    summary="TikTok's moderation took the post or its text for spam.",
    sample={"reason": "spam_risk_text"},
)
CANCELED = rejected(
    id="tiktok.publish.canceled",
    message="The post was canceled on TikTok.",
    remediation="Publish it again if that was a mistake.",
    summary="TikTok reports that the post was canceled while it was processed. Nothing was published.",
)
APP_VERSION = rejected(
    id="tiktok.inbox.app_version",
    message="The creator's TikTok app is too old to receive photos in its inbox.",
    remediation="The creator must update the TikTok app to version 31.8 or later.",
    summary="Photos for the inbox require a recent TikTok app on the creator's phone.",
)
WITHOUT_PUBLIC_ID = Explanation(
    id="tiktok.publish.no_url",
    message="TikTok published the post, and has not returned its public address.",
    remediation="No action is needed. The post is in the TikTok app of the account.",
    summary="TikTok returns the address of a post only after moderation, and sometimes never. The post is published, "
    "and its `url` is null.",
)

PRIVACY_LOST = rejected(
    rule=PRIVACY_ALLOWED.id,
    message="The account cannot publish with the privacy {privacy} now. TikTok allows {allowed}. Nothing was sent.",
    remediation="Send one of these values as `options.privacy`, and publish the post again.",
    sample={"privacy": "PUBLIC_TO_EVERYONE", "allowed": "FOLLOWER_OF_CREATOR, SELF_ONLY"},
)
PRIVACY_MISMATCH = rejected(
    rule=PRIVACY_ALLOWED.id,
    message="TikTok does not allow this privacy for the account now.",
    remediation="Check the account to refresh `tiktok.privacyLevels`, and send one of them.",
)
INTERACTIONS_LOST = rejected(
    rule=INTERACTIONS.id,
    message="The creator has disabled what the post allows: {names}. Nothing was sent.",
    remediation=INTERACTIONS.remediation,
    sample={"names": "comment, duet"},
)
DURATION_LOST = rejected(
    rule=TOO_LONG.id,
    message="The video has {duration} s; TikTok allows {limit} s for the account now. Nothing was sent.",
    remediation="Cut the video to {limit} s or less.",
    sample={"duration": "61", "limit": 60},
)
FORMAT_REFUSED = _media_refused(
    rule=FILE_FORMAT.id,
    message="TikTok cannot read the file: {media}.",
    remediation="Export the video as MP4 with H.264 and AAC.",
)
DURATION_REFUSED = _media_refused(
    rule=TOO_LONG.id, message="TikTok does not accept the duration: {media}.", remediation="Cut the video."
)
FRAME_RATE_REFUSED = _media_refused(
    rule=FRAME_RATE.id,
    message="TikTok does not accept the frame rate: {media}.",
    remediation=FRAME_RATE.remediation,
)
PICTURE_REFUSED = _media_refused(
    rule=RESOLUTION.id,
    message="TikTok does not accept the size of the picture: {media}.",
    remediation="Export the media with 1080x1920 pixels.",
)
BIT_RATE_REFUSED = _media_refused(
    message="TikTok does not accept the bit rate: {media}.", remediation="Export the video with a lower bit rate."
)
PROCESSING_FAILED = unavailable(message="TikTok could not process the post for now. Nothing was published.")
PULL_FAILED = unavailable(
    rule=PHOTO_UNREACHABLE.id,
    message="TikTok could not fetch a media item from this deployment in time.",
    remediation=PHOTO_UNREACHABLE.remediation,
    is_operators=True,
)
ACCESS_REMOVED = auth_failed(
    message="The account's owner revoked the access while TikTok processed the post.",
    remediation="Connect the account again.",
)
SESSION_ENDED = auth_failed(
    message="TikTok no longer accepts the account's token.", remediation="Connect the account again."
)
SCOPE_MISSING = auth_failed(
    message="The account's token lacks a permission: {reason}",
    remediation="Connect the account again, and grant every permission.",
)
TOKEN_REFUSED = rejected(
    message="TikTok refused a token request of this deployment's app: {reason}",
    remediation="Ask the operator to compare the app's credentials with its page at TikTok, and the redirect URI there "
    "with the one that `letmepost doctor` shows.",
    is_operators=True,
)
PUBLISH_PENDING = _in_doubt(message="TikTok has the post, and has not finished processing it.")
UNKNOWN_POST = _in_doubt(message="TikTok does not know the post that it accepted.")
OTHER_APP = rejected(
    message="TikTok does not show the status of the post to this account.",
    remediation="Check in the TikTok app whether the post is published before you publish it again.",
)
NOT_LISTED_YET = unavailable(message="TikTok does not list the post yet.")

NEVER_RAISED = (
    Explanation(
        id="tiktok.text.hashtag_max",
        message="The text has too many hashtags.",
        remediation="Remove hashtags.",
        summary="TikTok documents no limit on hashtags, so this rule is never raised.",
    ),
    Explanation(
        id="tiktok.video.too_short",
        message="The video is too short.",
        remediation="Attach a longer video.",
        summary="TikTok documents no shortest duration, so this rule is never raised. What TikTok refuses all the same "
        "is rejected by `tiktok.video.too_long`, which is about the duration.",
    ),
    Explanation(
        id="tiktok.media.video_required",
        message="The post has no video.",
        remediation="Attach a video.",
        summary="Posts with photos are published, too, so this rule is never raised. A post without media is rejected "
        "by `tiktok.media.required`.",
    ),
    Explanation(
        id="tiktok.branded_content.mutual_exclusive",
        message="The post is both a paid partnership and a promotion of the creator's own business.",
        remediation="Set one of the toggles.",
        summary="TikTok allows both disclosures together, so this rule is never raised.",
    ),
    Explanation(
        id="tiktok.publish.pending",
        message="TikTok has not finished processing the post.",
        remediation="Check the account in the TikTok app, and resolve the post.",
        summary="A post that TikTok does not finish becomes `unconfirmed`, with the rule of all such posts, so this "
        "rule is never raised.",
    ),
    Explanation(
        id="tiktok.upload.unreachable",
        message="TikTok's upload host did not respond.",
        remediation="No action is needed: the upload continues.",
        summary="An upload that is interrupted continues where it stopped, so this rule is never raised.",
    ),
)
"""Documented ids that no post can break here, for callers who branch on them."""

REFUSALS = tuple(explanations_in(sys.modules[__name__]))
