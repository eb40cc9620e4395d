"""What the common refusals of Meta's Graph APIs mean. `network` in a message is the name of the platform."""

from functools import partial

from letmepost.domain.errors import FailureKind
from letmepost.domain.refusals import PlatformRefusal
from letmepost.platforms._kit.refusals import auth_failed, rejected, unavailable

_auth_failed = partial(auth_failed, remediation="Connect the account again, and grant every permission.")

TOKEN_INVALID = _auth_failed(message="The permission to act for the account has ended.")
NOT_ALLOWED = _auth_failed(message="The granted permissions do not cover this.")
BLOCKED = rejected(
    message="{network} has temporarily blocked the account from doing this.",
    remediation="Check the account's status in the {network} app, and try again in a day.",
)
DUPLICATE = PlatformRefusal(
    kind=FailureKind.DUPLICATE,
    message="The account has already published the same content.",
    remediation="Change the text.",
)
CODE_INVALID = PlatformRefusal(
    kind=FailureKind.AUTH_FAILED,
    message="Meta did not accept the consent: it was used before, has expired, or belongs to another redirect URL.",
    remediation="Connect the account again.",
)
APP_REFUSED = unavailable(
    message="Meta does not accept this deployment's app.",
    remediation="The operator must correct the app's id and secret. `letmepost doctor` shows which ones.",
    is_operators=True,
)
OFFSETS_DIFFER = unavailable(message="The platform did not accept the next bytes of the video.")
PERMISSIONS_DECLINED = rejected(
    message="The person did not grant every required permission. Missing: {scopes}.",
    remediation="Connect again, and keep every permission selected in the dialog of Facebook.",
    sample={"scopes": "pages_manage_posts"},
    is_input=True,
)
