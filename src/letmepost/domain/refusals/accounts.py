"""Refusals about connected accounts."""

from letmepost.domain.errors import FixableBy, NotFound, PlatformNotEnabled, StateForbids
from letmepost.domain.refusals.refusal import Refusal

DISCONNECTED = Refusal(
    id="account.disconnected",
    message="The account {account_id} is disconnected.",
    remediation="Connect the account again. Posts that are held for it are then queued automatically.",
    summary="The account was disconnected, by an API call or on the platform, so nothing can be published there.",
    sample={"account_id": "acc_01M80J4QPPFFHRF1R8"},
    fixable_by=FixableBy.ACCOUNT_OWNER,
    error=StateForbids,
)
REAUTH_REQUIRED = Refusal(
    id="account.reauth_required",
    message="The account {account_id} must be connected again before it can publish.",
    remediation="Connect the account again. Posts that are scheduled for it are held until then.",
    summary="The platform no longer accepts the credential of the account. Immediate posts are rejected. Scheduled "
    "posts are accepted with a warning, and held until the account is connected again.",
    sample={"account_id": "acc_01M80J4QPPFFHRF1R8"},
    fixable_by=FixableBy.ACCOUNT_OWNER,
)
OTHER_PROFILE = Refusal(
    id="account.other_profile",
    message="This account is connected under another profile of the organization.",
    remediation="Connect it under that profile, or move it with `PATCH /v1/accounts/{{id}}` first.",
    summary="An account belongs to one profile. Connecting it under another one would move its posts.",
    error=StateForbids,
)
OTHER_USER = Refusal(
    id="account.other_user",
    message="This account is connected by another user (another `externalUserId`).",
    remediation="Disconnect it for that user with `DELETE /v1/accounts/{{id}}` first.",
    summary="An account belongs to the user who connected it, as `externalUserId` identifies them. Another user can "
    "connect it after it was disconnected and its waiting posts were canceled.",
    error=StateForbids,
)
POSTS_WAITING = Refusal(
    id="account.posts_waiting",
    message="Posts of this account have not been published yet, and belong to its current {owner}.",
    remediation="Cancel these posts, or wait until they are published.",
    summary="An account with waiting posts cannot be moved to another profile or user: the posts would move too.",
    sample={"owner": "profile"},
    error=StateForbids,
)
NO_RESOURCE = Refusal(
    id="account.no_resource",
    message="{title} accounts have no {resource}.",
    remediation="Use an account of another platform: `resources` in `GET /v1/platforms` shows what each one has.",
    summary="Some platforms have more than posts for an account, such as pages or boards. Which, depends on the "
    "platform.",
    sample={"title": "Example", "resource": "authors"},
    error=NotFound,
)
PLATFORM_NOT_ENABLED = Refusal(
    id="platform.not_enabled",
    message="This deployment has no credentials for {title}.",
    remediation="Ask the operator to set them. `letmepost doctor` lists what is missing.",
    summary="A platform needs an app of the operator. `GET /v1/platforms` shows which platforms are enabled.",
    sample={"title": "Example"},
    fixable_by=FixableBy.OPERATOR,
    error=PlatformNotEnabled,
)
