"""What Instagram's flows refuse or warn about beyond the rules."""

import sys
from dataclasses import replace
from functools import partial

from letmepost.domain.errors import FailureKind
from letmepost.domain.refusals import Explanation, PlatformRefusal, explanations_in
from letmepost.platforms._kit.refusals import auth_failed, first_comment_refused, rejected, unavailable
from letmepost.platforms.instagram.media_rules import ASPECT_RATIO, COUNT_MAX, SIZE_MAX, TYPES
from letmepost.platforms.instagram.rules import TEXT_MAX

CONTAINER_ERROR = rejected(
    id="instagram.container.error",
    message="Instagram could not process a media item: {reason}",
    remediation="Replace the media item. If it opens elsewhere, retry the post.",
    summary="Instagram processes a post before it is published, and could not process a media item. The message has "
    "what Instagram returned.",
    sample={"reason": "Error: Media upload has failed with error code 2207032"},
)
CONTAINER_EXPIRED = unavailable(
    id="meta.container.expired",
    message="The prepared post has expired on Instagram. Nothing was published.",
    remediation="No action is needed: the post is prepared again.",
    summary="A prepared post expires on Instagram if it is not published within a day.",
)
CONTAINER_NEVER_READY = unavailable(
    id="instagram.container.processing",
    message="Instagram did not finish processing the post within half an hour.",
    remediation="No action is needed: the post is tried again until its deadline.",
    summary="Instagram processes a post before it is published, and has not finished in time. Nothing was published.",
)
CONTAINER_LOST = rejected(
    id="instagram.container.lost",
    message="Instagram no longer knows the prepared post. Nothing was published.",
    remediation="Check that the account is still professional and can publish in the Instagram app, then retry.",
    summary="Instagram lost a prepared post, and then its replacement.",
)
UPLOAD_HOST = unavailable(
    id="instagram.upload.host",
    message="Instagram returned an upload URL on another host than the configured one. Nothing was sent there.",
    remediation="Ask the operator to check `LETMEPOST_INSTAGRAM_UPLOAD_URL`.",
    summary="With Facebook Login, the bytes of videos and the account's token are sent only to the configured host.",
    is_operators=True,
)
MEDIA_UNREACHABLE = unavailable(
    id="instagram.media.reachable",
    message="Instagram could not fetch a media item from this deployment.",
    remediation="Ask the operator to make `LETMEPOST_PUBLIC_URL` reachable from the internet, then retry the post.",
    summary="Instagram fetches media from this deployment instead of accepting an upload.",
    is_operators=True,
)
MEDIA_STILL_UNREACHABLE = replace(MEDIA_UNREACHABLE, id="", rule=MEDIA_UNREACHABLE.id, kind=FailureKind.REJECTED)
QUOTA_DAY = PlatformRefusal(
    id="instagram.quota.day",
    kind=FailureKind.QUOTA_EXHAUSTED,
    message="The account has published as many posts as Instagram allows in 24 hours.",
    remediation="No action is needed: the post is published when the oldest of them is 24 hours old.",
    summary="Instagram limits the posts that apps publish for an account in 24 hours. `GET /v1/usage` shows the limit "
    "that Instagram reports.",
)
ACTION_BLOCKED = rejected(
    id="instagram.account.action_blocked",
    message="Instagram has blocked the account from publishing for now. The post is not visible.",
    remediation="Check the account's status in the Instagram app, and retry the post in a few hours.",
    summary="Instagram takes the account's recent activity for spam. Further attempts prolong the block. The post is "
    "reported as rejected only after it was found neither published nor on the account's list.",
)
COLLABORATOR = rejected(
    id="instagram.collaborators.invitable",
    message="Instagram rejected a collaborator or a tagged person. {reason}",
    remediation="Remove the username: the account does not exist, is private, or does not accept invitations.",
    summary="Instagram rejects a whole post if it cannot invite or tag one of the named people: the account does not "
    "exist, is private, or does not accept invitations.",
    sample={"reason": "The account unknown_user cannot be invited."},
)
COLLABORATORS_PLACE = rejected(
    rule=COLLABORATOR.id,
    message="Instagram does not allow collaborators here.",
    remediation="Omit `collaborators`.",
)
LOCATION = rejected(
    id="instagram.location.not_found",
    message="Instagram does not know the location, or it has no address.",
    remediation="Send the id of a Facebook Page that has a location, or omit `locationId`.",
    summary="`locationId` must be the id of a Facebook Page with a location.",
)
ACCOUNT_TYPE = rejected(
    id="instagram.account_type.requires_professional",
    message="The Instagram account is personal.",
    remediation="Switch the account to Business or Creator in the Instagram app, then connect it again.",
    summary="Instagram lets apps publish for professional accounts only.",
)
ADD_ON_MISSING = Explanation(
    id="instagram.caption_add_on.not_attached",
    message="The post is published without its {name}: Instagram did not attach it.",
    remediation="Nothing can be attached later. Delete the post and publish it again if it needs one.",
    summary="Instagram published the post, but did not attach the poll or the comment prompt. They can only be "
    "attached when a post is created.",
    sample={"name": "poll"},
)
UNPUBLISH_LOGIN = rejected(
    id="instagram.unpublish.login",
    message="Instagram deletes posts only for accounts that are connected with Facebook Login.",
    remediation="Delete the post in the Instagram app, or connect the account with Facebook Login.",
    summary="The API of Instagram Login has no deletion of posts.",
)
FIRST_COMMENT_REFUSED = first_comment_refused(
    "instagram.first_comment.refused", "Instagram", reason="Comments are disabled."
)

_account = partial(auth_failed, remediation="Open the Instagram app, follow its instructions, then reconnect.")
ACCOUNT_RESTRICTED = _account(message="Instagram has restricted the account, or wants its owner to confirm something.")
ACCOUNT_LOST = auth_failed(
    message="The permission does not cover the Instagram account, or the account is no longer linked to its Page.",
    remediation="Connect the account again.",
)
NO_ACCOUNT = rejected(
    id="instagram.account.none",
    message="No Page that this person manages has a connected Instagram account that was granted. {reasons}",
    remediation="Link a professional Instagram account to a Page, then connect again and select both.",
    summary="With Facebook Login, an Instagram account is reached through the Page that it is linked to. The message "
    "has the reason for each Page that cannot be used.",
    sample={"reasons": "Acme: access to this Page was not granted."},
    is_input=True,
)
NOT_PROFESSIONAL = auth_failed(
    message="The account is no longer a professional one.",
    remediation="Switch the account to Business or Creator in the Instagram app, then reconnect it.",
)
NOT_PERMITTED = auth_failed(
    message="The granted permissions do not cover publishing.",
    remediation="Connect the account again, and grant every permission.",
)
CODE_INVALID = auth_failed(
    message="Instagram did not accept the consent: it was used before, or is more than an hour old.",
    remediation="Connect the account again.",
)

NOT_READY = unavailable(message="Instagram is still processing the post.")
CREATION_FAILED = unavailable(message="Instagram could not process the post for now.")
DOWNLOAD_SLOW = unavailable(rule=MEDIA_UNREACHABLE.id, message="Instagram did not fetch a media item in time.")
CONTAINER_UNKNOWN = unavailable(message="Instagram does not know the prepared post yet.")
PUBLISHED_UNLISTED = PlatformRefusal(
    kind=FailureKind.IN_DOUBT, message="Instagram has published the post, but does not list it."
)
NOT_LISTED_YET = unavailable(message="Instagram has published the post, but does not list it yet.")
STATUS_UNREADABLE = unavailable(message="Instagram does not show whether the post was published.")
PUBLISHED_UNKNOWN = replace(STATUS_UNREADABLE, kind=FailureKind.IN_DOUBT)

MEDIA_TYPE = rejected(
    message="Instagram does not support this type of post.", remediation="Choose another `kind`, or attach other media."
)
TOO_MANY_TAGS = rejected(message="The post has too many tags.", remediation="Remove tags.")
PRODUCT_TAGS = rejected(message="Instagram rejected the product tags.", remediation="Remove the product tags.")
IMAGE_TOO_LARGE = rejected(
    rule=SIZE_MAX.id, message="An image is too large for Instagram.", remediation=SIZE_MAX.remediation
)
IMAGE_FORMAT = rejected(
    rule=TYPES.id, message="Instagram cannot read the format of an image.", remediation=TYPES.remediation
)
IMAGE_RATIO = rejected(
    rule=ASPECT_RATIO.id,
    message="Instagram does not accept the aspect ratio of an image.",
    remediation=ASPECT_RATIO.remediation,
)
CAPTION = rejected(
    rule=TEXT_MAX.id,
    message="Instagram does not accept the text: it is too long, or has too many hashtags or mentions.",
    remediation="Shorten the text to 2200 characters, 30 hashtags and 20 mentions or fewer.",
)
CAROUSEL_COUNT = rejected(
    rule=COUNT_MAX.id,
    message="Instagram does not accept the number of media items.",
    remediation=COUNT_MAX.remediation,
)
VIDEO_FORMAT = rejected(
    rule=TYPES.id,
    message="Instagram cannot read the format of a video.",
    remediation="Re-export the video as MP4 with H.264 and AAC.",
)
VIDEO_FAILED = unavailable(rule=CONTAINER_ERROR.id, message="Instagram could not process the video for now.")
THUMBNAIL_OFFSET = rejected(
    message="The frame for the thumbnail is not in the video.", remediation="Choose an earlier frame."
)
TRIAL_REELS = rejected(
    message="The account cannot publish trial reels.", remediation="Publish the reel without a trial."
)

REFUSALS = tuple(explanations_in(sys.modules[__name__]))
