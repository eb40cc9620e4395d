"""Refusals about organizations, profiles, quotas and pauses."""

from letmepost.domain.errors import FixableBy, NotFound, QuotaExceeded, StateForbids
from letmepost.domain.refusals.refusal import FieldRefusal, Refusal

_USED = "{used} of {limit} {unit} are used, and this request needs {wanted} more."
_LATER = "Choose a time from {resets_on} (UTC) on, or ask the operator for a higher quota."

PROFILE_IN_USE = Refusal(
    id="profile.in_use",
    message="The profile is in use, or is the default profile.",
    remediation="Remove its accounts, media items, keys and webhook endpoints first.",
    summary="A profile can be deleted when nothing belongs to it. The default profile cannot be deleted.",
    error=StateForbids,
)
PROFILE_UNKNOWN = FieldRefusal(
    message="There is no profile with the id `{profile_id}`.",
    remediation="List the profiles with `GET /v1/profiles`, and send an `id` from there.",
    sample={"profile_id": "prof_01M80J4QPPFFHRF1R8"},
)
QUOTA_POSTS_PER_MONTH = Refusal(
    id="quota.postsPerMonth",
    message=f"Posts per month: {_USED}",
    remediation=_LATER,
    summary="The operator limits how many posts an organization may publish in a month (UTC).",
    sample={"used": 1000, "limit": 1000, "unit": "posts", "wanted": 1, "resets_on": "2027-01-01"},
    fixable_by=FixableBy.OPERATOR,
    error=QuotaExceeded,
)
QUOTA_POSTS_PER_ACCOUNT_DAY = Refusal(
    id="quota.postsPerAccountDay",
    message=f"Posts per account and day: {_USED}",
    remediation=_LATER,
    summary="The operator limits how many posts an account may publish in a day (UTC).",
    sample={"used": 25, "limit": 25, "unit": "posts", "wanted": 1, "resets_on": "2026-12-02"},
    fixable_by=FixableBy.OPERATOR,
    error=QuotaExceeded,
)
QUOTA_MEDIA_BYTES = Refusal(
    id="quota.mediaBytes",
    message=f"Media storage: {_USED}",
    remediation="Delete media items that are not used, or ask the operator for a higher quota.",
    summary="The operator limits how much storage the media items of an organization may use.",
    sample={"used": 1073741824, "limit": 1073741824, "unit": "bytes", "wanted": 2048},
    error=QuotaExceeded,
)
NOT_PAUSED = Refusal(
    id="pause.not_found",
    message="There is no pause of exactly this scope.",
    remediation="List the pauses with `GET /v1/pauses`, and send the scope of one of them.",
    summary="A pause is ended with the same organization, platform and account that it was started with.",
    error=NotFound,
)
PAUSE_NEEDS_ORGANIZATION = FieldRefusal(
    message="`organizationId` is missing: an account is paused within its organization.",
    remediation="Send `organizationId` together with `accountId`.",
)
