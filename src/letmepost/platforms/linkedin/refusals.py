"""What LinkedIn's flows refuse or warn about beyond the rules."""

import sys
from functools import partial

from letmepost.domain.errors import FailureKind, LimitScope
from letmepost.domain.refusals import Explanation, PlatformRefusal, explanations_in
from letmepost.platforms._kit.refusals import auth_failed, first_comment_refused, rejected, unavailable
from letmepost.platforms.linkedin import option_rules

_RECONNECT = "Connect the account again."

_auth_failed = partial(auth_failed, remediation=_RECONNECT)
_operators = partial(
    unavailable,
    is_operators=True,
    remediation="The operator of this service must check its LinkedIn app and its release. The account is correct.",
)

AUTHOR_UNRESOLVED = rejected(
    rule=option_rules.AUTHOR_UNRESOLVED.id,
    message=option_rules.UNPERMITTED,
    remediation=option_rules.AUTHOR_UNRESOLVED.remediation,
    sample={"author": "urn:li:organization:2414183"},
)
DUPLICATE = PlatformRefusal(
    id="linkedin.text.duplicate",
    kind=FailureKind.DUPLICATE,
    message="LinkedIn rejected the post because the author has recently published the same content.",
    remediation="Check the account: the earlier post may be this one. Change the text to publish it again.",
    summary="LinkedIn rejects a post that repeats a recent post of the author.",
)
VIDEO_FAILED = rejected(
    id="linkedin.media.video_processing_failed",
    message="LinkedIn could not process the video ({facts}). {reason}",
    remediation="Re-export the video as 8-bit H.264 (4:2:0) with AAC in MP4, and attach the new copy.",
    summary="LinkedIn processes a video after the upload, and could not use this file. The message has what is known "
    "about it, and LinkedIn's reason.",
    sample={"facts": "video/mp4, 1920x1080 pixels, h264 High 10, yuv420p10le", "reason": "It gave no reason."},
)
UPLOAD_HOST = unavailable(
    id="linkedin.upload.host",
    message="LinkedIn returned an upload URL on a host that is not LinkedIn's. Nothing was sent there.",
    remediation="Ask the operator to check `LETMEPOST_LINKEDIN_WEB_URL`: uploads go to its domain.",
    summary="Media and the account's token are sent only to the domain of LinkedIn's website.",
    is_operators=True,
)
FIRST_COMMENT_REFUSED = first_comment_refused(
    "linkedin.first_comment.refused",
    "LinkedIn",
    reason="Not enough permissions.",
    remediation="Add the comment on LinkedIn. If a permission is missing, connect the account again.",
)

PERMISSION_REVOKED = _auth_failed(message="The member has revoked the permission.")
PERMISSION_EXPIRED = _auth_failed(message="The account's permission on LinkedIn has expired.")
PERMISSION_ENDED = _auth_failed(message="The account's permission on LinkedIn has ended.")
TOKEN_INVALID = _auth_failed(message="LinkedIn does not accept the account's token.")
TOKEN_MISSING = _operators(message="The request to LinkedIn had no token.")
VERSION_ENDED = _operators(message="LinkedIn no longer supports the version of its API that this release uses.")
APP_REFUSED = _operators(message="LinkedIn does not accept this deployment's app.")
NOT_ALLOWED = rejected(
    message="LinkedIn does not let the account do this: a permission, or the role on the page, is missing.",
    remediation="An administrator of the page must connect the account again, and grant every permission.",
)
PROCESSING = unavailable(message="LinkedIn is still processing a media item.")
UPLOAD_URL_EXPIRED = unavailable(message="The upload URL has expired.")
POST_UNKNOWN_YET = unavailable(message="LinkedIn cannot add a comment to the new post yet.")
NOT_LINKEDIN = unavailable(message="The response did not come from LinkedIn's API.")
UNDECIDED = unavailable(message="{reason}")
IN_DOUBT = PlatformRefusal(
    kind=FailureKind.IN_DOUBT, message="LinkedIn did not confirm whether the post was published."
)
PROCESSING_FAILED = rejected(
    message="LinkedIn could not process a media item.", remediation="Re-export the file and attach the new copy."
)
NOT_FOUND = rejected(
    message="The request refers to something that does not exist on LinkedIn.",
    remediation="Check the URNs in the text and in the options: what they name may have been deleted.",
)
MEMBER_DAILY_LIMIT = PlatformRefusal(
    kind=FailureKind.QUOTA_EXHAUSTED,
    message="The member's daily limit at LinkedIn is used up.",
    remediation="No action is needed: the post is tried again after midnight UTC.",
)
APP_DAILY_LIMIT = PlatformRefusal(
    kind=FailureKind.QUOTA_EXHAUSTED,
    scope=LimitScope.APP,
    message="The app's daily limit at LinkedIn is used up.",
    remediation="No action is needed: the post is tried again after midnight UTC.",
)

REFUSALS = tuple(explanations_in(sys.modules[__name__]))

NEVER_RAISED = (
    Explanation(
        id="linkedin.author.org_not_supported",
        message="The author is an organization.",
        remediation="Send `urn:li:organization:…` of a page that the member administers.",
        summary="Posts by organizations are supported here, so this rule is never raised. An organization that the "
        "account is not permitted to publish as is rejected by `linkedin.author.unresolved`.",
    ),
)
"""Documented ids that no post can break here, for callers who branch on them."""
