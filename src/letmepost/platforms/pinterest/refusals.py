"""What Pinterest's flows refuse or warn about beyond the rules."""

import sys
from dataclasses import replace

from letmepost.domain.errors import FailureKind, FixableBy
from letmepost.domain.refusals import Explanation, PlatformRefusal, explanations_in
from letmepost.platforms._kit.refusals import auth_failed, rejected, unavailable

BOARD_UNKNOWN = rejected(
    id="pinterest.board.unknown",
    message="Pinterest has no board {board} that the account may pin to.",
    remediation="Choose another board: the account's `pinterest/boards` lists them.",
    summary="The board does not exist, was deleted after the post was accepted, or belongs to another account. Boards "
    "of Pinterest's own sandbox do not exist in production.",
    sample={"board": "549755885175"},
)
SECTION_UNKNOWN = rejected(
    id="pinterest.board_section.unknown",
    message="The board has no section with the id in `boardSectionId`.",
    remediation="Check `options.boardSectionId`, or omit it to pin to the board itself.",
    summary="The section does not exist, was deleted after the post was accepted, or belongs to another board.",
)
BOARD_EXISTS = rejected(
    id="pinterest.board.exists",
    message="The account already has a board with this name.",
    remediation="Send another `name`, or `upsert: true` to get the existing board.",
    summary="The names of an account's boards are unique.",
    is_input=True,
)
UPSERT_GHOST = rejected(
    id="pinterest.board.upsert_ghost",
    message="Pinterest refuses the name because a board has it, but does not list that board.",
    remediation="Send another `name`.",
    summary="With `upsert: true`, the existing board is returned. Pinterest can refuse a name for a board that the app "
    "may not read, such as a secret or an archived one.",
    is_input=True,
)
URL_UNREACHABLE = unavailable(
    id="pinterest.url.reachable",
    message="Pinterest could not fetch an image from this deployment.",
    remediation="Ask the operator to make `LETMEPOST_PUBLIC_URL` reachable from the internet, then retry the post.",
    summary="Pinterest fetches images from this deployment instead of accepting an upload. Its crawler fails now and "
    "then for addresses that work, so the post is retried for half an hour.",
    is_operators=True,
)
COVER_UNREACHABLE = unavailable(
    id="pinterest.cover_image_url.reachable",
    message="Pinterest could not fetch the cover image of the video.",
    remediation="Check that `options.coverImage` is a public URL that returns an image, then retry the post.",
    summary="Pinterest fetches the cover of a video itself. Its crawler fails now and then for addresses that work, so "
    "the post is retried for half an hour.",
)
UPLOAD_ADDRESS_UNKNOWN = unavailable(
    id="pinterest.video.upload_address",
    message="Pinterest returned an upload address that is not on Amazon S3 ({url}), so the video was not sent.",
    remediation="Ask the operator to check that this release supports Pinterest's current upload address.",
    summary="A video and the fields that authorize its upload are sent to no other host than Amazon S3.",
    sample={"url": "https://uploads.example.com/"},
    is_operators=True,
)
UPLOAD_REFUSED = rejected(
    id="pinterest.video.upload_failed",
    message="Pinterest's storage did not accept the video: {reason}",
    remediation="Export the video again, and attach the new file.",
    summary="Videos are uploaded to the storage that Pinterest names, and it rejected the upload. Nothing was "
    "published.",
    sample={"reason": "InvalidArgument"},
)
VIDEO_FAILED = rejected(
    id="pinterest.video.transcode_failed",
    message="Pinterest could not process the video ({video}).",
    remediation="Export the video as MP4 with H.264 and AAC, and attach the new file.",
    summary="Pinterest checks and converts each video before its Pin can be created, and rejected this one. Nothing "
    "was published.",
    sample={"video": "video/mp4, 5000 bytes, 12.5 s, 1080x1920 pixels, mpeg4"},
)
VIDEO_UNFINISHED = unavailable(
    id="pinterest.video.transcode_timeout",
    message="Pinterest has not finished processing the video within 15 minutes (status: {status}).",
    remediation="Wait: the post is retried. If it fails, publish it again later.",
    summary="Pinterest processes each video before its Pin can be created. Nothing was published.",
    sample={"status": "processing"},
)
LINK_INVALID = rejected(
    id="pinterest.destination_url.invalid",
    message="Pinterest does not accept the destination URL: {reason}",
    remediation="Send the final URL of the page as `options.destinationUrl`, without a link shortener.",
    summary="Pinterest rejects destination URLs that it cannot parse or that it blocks.",
    sample={"reason": "Whoops! It looks like you entered an invalid URL."},
)
SPAM = rejected(
    id="pinterest.content.spam",
    message="Pinterest rejected the post as spam: {reason}",
    remediation="Check the destination URL and the text. Do not repeat the post: that makes a block more likely.",
    summary="Pinterest blocks content and domains that it takes for spam. It is not a rate limit: waiting does not "
    "help.",
    sample={"reason": "Your Pin was blocked as spam."},
)
DUPLICATE = PlatformRefusal(
    id="pinterest.content.duplicate",
    kind=FailureKind.DUPLICATE,
    message="Pinterest rejected the post because the account has published the same content.",
    remediation="Check the board: the earlier Pin may be this one. Change the post to publish it again.",
    summary="Pinterest rejected the Pin as a repetition.",
)
TRIAL_REFUSED = rejected(
    id="pinterest.app.trial_refused",
    message="Pinterest does not let the app of this deployment create Pins: {reason}",
    remediation="Ask the operator to apply for Standard access at https://developers.pinterest.com/apps/.",
    summary="An app with Trial access may not create Pins in production.",
    sample={"reason": "Apps with Trial access may not create Pins in production."},
    is_operators=True,
)
TRIAL_HIDDEN = Explanation(
    id="pinterest.app.trial_hidden",
    message="Only the owner of the account sees the Pin, because the app of this deployment has Trial access.",
    remediation="Ask the operator to apply for Standard access at https://developers.pinterest.com/apps/, and then to "
    "set `LETMEPOST_PINTEREST_APP_ACCESS` to `standard`.",
    summary="Pins and boards that an app with Trial access creates are visible to their owner only. Pinterest does not "
    "report it.",
    fixable_by=FixableBy.OPERATOR,
)
IMAGE_TALL = Explanation(
    id="pinterest.image.tall",
    message="The image is {ratio} times as high as it is wide. Pinterest may process it for hours, and crops it in "
    "feeds.",
    remediation="Crop the image to 2:3, such as 1000x1500 pixels.",
    summary="Pinterest recommends images of 2:3. Images that are more than 2.1 times as high as wide are cropped in "
    "feeds, and can remain in a queue at Pinterest.",
    sample={"ratio": "2.25"},
)
ACCOUNT_RESTRICTED = rejected(
    id="pinterest.account.restricted",
    message="Pinterest has restricted the account: {reason}",
    remediation="The owner must check the status of the account on Pinterest, and retry after it has been restored.",
    summary="Pinterest disapproved the account, or is reviewing it.",
    sample={"reason": "The account is under review."},
)

BOARD_REQUIRED = rejected(
    rule="pinterest.board.required",
    message="The post names no board, and the account has no default board.",
    remediation="Set the account's `pinterest/default-board`, and retry the post.",
)
COVER_STILL_UNREACHABLE = replace(COVER_UNREACHABLE, id="", rule=COVER_UNREACHABLE.id, kind=FailureKind.REJECTED)
UPLOAD_EXPIRED = unavailable(message="The permission to upload the video has expired. The upload starts again.")
VIDEO_LOST = unavailable(message="Pinterest no longer has the uploaded video. The upload starts again.")
UPLOAD_UNAVAILABLE = unavailable(message="Pinterest's storage did not accept the video now: {reason}")
VIDEO_TOO_LARGE = rejected(
    rule="pinterest.video.size_max",
    message="Pinterest does not accept a video of this size.",
    remediation="Attach a smaller video.",
)
STILL_UNREACHABLE = replace(URL_UNREACHABLE, id="", rule=URL_UNREACHABLE.id, kind=FailureKind.REJECTED)
DEFAULT_UNKNOWN = replace(BOARD_UNKNOWN, id="", rule=BOARD_UNKNOWN.id, is_input=True)
NOT_PERMITTED = rejected(
    message="Pinterest does not permit the account to do this: {reason}",
    remediation="Check on Pinterest that the account may pin to the board.",
)
BUSY = unavailable(message="Pinterest is changing the board at the moment.")
SESSION_ENDED = auth_failed(
    message="Pinterest no longer accepts the account's token.", remediation="Connect the account again."
)
SCOPES_MISSING = auth_failed(
    message="The account's token lacks a permission: {reason}",
    remediation="Connect the account again, and allow everything that Pinterest asks for.",
)
CODE_INVALID = auth_failed(
    message="Pinterest did not accept the consent: it was used before, or has expired.",
    remediation="Connect the account again.",
)
TOKEN_REFUSED = unavailable(
    message="Pinterest granted no token to this deployment's app: {reason}",
    remediation="Ask the operator to compare `LETMEPOST_PINTEREST_CLIENT_ID` and `LETMEPOST_PINTEREST_CLIENT_SECRET` "
    "with the app's page at Pinterest. If they are correct, connect the account again.",
    is_operators=True,
)

NEVER_RAISED = (
    Explanation(
        id="pinterest.destination_url.reachable",
        message="The destination URL of the Pin did not return a page.",
        remediation="Send a public URL that returns the page.",
        summary="This service does not request the destination, because pages refuse automated requests that people "
        "can open, so this rule is never raised. What Pinterest does not accept is rejected by "
        "`pinterest.destination_url.invalid`.",
    ),
    Explanation(
        id="pinterest.image_url.reachable",
        message="The URL of the image did not return the image.",
        remediation="Send a public URL that returns the image itself.",
        summary="Pinterest fetches images from this deployment, which stores them first, so this rule is never raised. "
        "If Pinterest cannot fetch one, the rule is `pinterest.url.reachable`.",
    ),
    Explanation(
        id="pinterest.media.image_only",
        message="The post has a video.",
        remediation="Attach an image.",
        summary="Videos are published here, so this rule is never raised. Other files are rejected by "
        "`pinterest.media.kind_supported`.",
    ),
    Explanation(
        id="pinterest.video.cover_required",
        message="The video has no cover.",
        remediation="Send the URL of an image as `options.coverImage`.",
        summary="A video without `coverImage` and `coverTimeS` has its first frame as the cover here, so this rule is "
        "never raised.",
    ),
    Explanation(
        id="pinterest.media.single_only",
        message="The post has more than one media item.",
        remediation="Attach one media item.",
        summary="Posts with two to five images are published as a carousel here, so this rule is never raised. More "
        "images are rejected by `pinterest.media.count_max`.",
    ),
)
"""Documented ids that no post can break here, for callers who branch on them."""

REFUSALS = tuple(explanations_in(sys.modules[__name__]))
