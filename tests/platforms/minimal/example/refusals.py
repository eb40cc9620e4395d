"""What Example's flows refuse beyond the rules."""

import sys

from letmepost.domain.errors import FailureKind
from letmepost.domain.refusals import PlatformRefusal, explanations_in
from letmepost.platforms._kit.refusals import auth_failed, rejected

CONTENT_REJECTED = rejected(
    id="example.content.rejected",
    message="Example's moderation rejected the post: {reason}",
    remediation="Change the post so that it follows https://example.com/rules.",
    summary="Example checks every post before it is visible, and rejects posts that break its rules.",
    sample={"reason": "Spam."},
)
DUPLICATE = PlatformRefusal(
    id="example.content.duplicate",
    kind=FailureKind.DUPLICATE,
    message="Example rejected the post because the account published the same content in the last minute.",
    remediation="Check the account: the earlier post may be this one. Change the text to publish it again.",
    summary="Example rejects a post that has the same text and image as another post of the last minute.",
)
SESSION_ENDED = auth_failed(
    message="The account's permission has ended, or lacks a scope.", remediation="Connect the account again."
)

REFUSALS = tuple(explanations_in(sys.modules[__name__]))
