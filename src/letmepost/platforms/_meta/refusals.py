"""What the common refusals of Meta's Graph APIs mean. `network` in a message is the name of the platform."""

from functools import partial

from letmepost.domain.errors import FailureKind
from letmepost.domain.refusals import PlatformRefusal

_auth_failed = partial(
    PlatformRefusal,
    kind=FailureKind.AUTH_FAILED,
    remediation="Connect the account again, and grant every permission.",
)

TOKEN_INVALID = _auth_failed(message="The permission to act for the account has ended.")
NOT_ALLOWED = _auth_failed(message="The granted permissions do not cover this.")
RATE_LIMITED = PlatformRefusal(kind=FailureKind.RATE_LIMITED, message="A rate limit of {network} is used up.")
BLOCKED = PlatformRefusal(
    kind=FailureKind.REJECTED,
    message="{network} has temporarily blocked the account from doing this.",
    remediation="Check the account's status in the {network} app, and try again in a day.",
)
DUPLICATE = PlatformRefusal(
    kind=FailureKind.DUPLICATE,
    message="The account has already published the same content.",
    remediation="Change the text.",
)
REFUSED = PlatformRefusal(kind=FailureKind.REJECTED, message="{network} rejected the request: {reason}")
IN_DOUBT = PlatformRefusal(
    kind=FailureKind.IN_DOUBT, message="{network} did not confirm whether the post was accepted."
)
UNAVAILABLE = PlatformRefusal(kind=FailureKind.UNAVAILABLE, message="{network} did not return a usable response.")
