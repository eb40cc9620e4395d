"""Refusals about API keys, their rights, and the operator token."""

from letmepost.domain.errors import (
    FixableBy,
    PlatformNotEnabled,
    RateLimited,
    StateForbids,
    Unauthenticated,
    Unauthorized,
)
from letmepost.domain.refusals.refusal import Refusal

_HEADER = "Authorization: Bearer lmp_live_…"

API_KEY_MISSING = Refusal(
    id="api_key.missing",
    message="The request has no API key.",
    remediation="Send the header `Authorization: Bearer lmp_live_…` or `lmp_test_…`.",
    summary="Every operation of the API needs a key in the `Authorization` header.",
    wrong="curl https://api.example.com/v1/posts",
    right=f"curl -H '{_HEADER}' https://api.example.com/v1/posts",
    error=Unauthenticated,
)
API_KEY_NOT_BEARER = Refusal(
    id="api_key.not_bearer",
    message="The Authorization header does not start with `Bearer`.",
    remediation="Send the header as `Authorization: Bearer <key>`.",
    summary="The scheme of the `Authorization` header must be `Bearer`, followed by a space and the key.",
    wrong="Authorization: lmp_live_…",
    right=_HEADER,
    error=Unauthenticated,
)
API_KEY_INVALID = Refusal(
    id="api_key.invalid",
    message="The API key is malformed, revoked or expired.",
    remediation="Send a current key. Create one with `POST /v1/api-keys`, or ask the operator for one.",
    summary="The response does not state which of the three is the case, so that keys cannot be guessed.",
    wrong="Authorization: Bearer lmp_live_revoked…",
    right=_HEADER,
    error=Unauthenticated,
)
OPERATOR_TOKEN_MISSING = Refusal(
    id="operator_token.missing",
    message="This operation needs the operator token.",
    remediation="Send the header `Authorization: Bearer <LETMEPOST_OPERATOR_TOKEN>`.",
    summary="Operations on organizations, and on publishing as a whole, are for the operator of the deployment.",
    wrong="curl -X POST https://api.example.com/v1/organizations",
    right="curl -X POST -H 'Authorization: Bearer <operator token>' https://api.example.com/v1/organizations",
    error=Unauthenticated,
)
OPERATOR_TOKEN_INVALID = Refusal(
    id="operator_token.invalid",
    message="The operator token is wrong.",
    remediation="Send the value of `LETMEPOST_OPERATOR_TOKEN` as the bearer token.",
    summary="The bearer token is not that of the operator of this deployment.",
    wrong="Authorization: Bearer wrong-token",
    right="Authorization: Bearer <operator token>",
    error=Unauthenticated,
)
OPERATOR_TOKEN_TENANT_KEY = Refusal(
    id="operator_token.api_key",
    message="This operation needs the operator token, not an API key.",
    remediation="Send the value of `LETMEPOST_OPERATOR_TOKEN` as the bearer token.",
    summary="API keys belong to one organization. Operations across organizations need the operator token.",
    wrong=_HEADER,
    right="Authorization: Bearer <operator token>",
    error=Unauthenticated,
)
OPERATOR_TOKEN_ATTEMPTS_MAX = Refusal(
    id="operator_token.attempts_max",
    message="More than {limit} wrong operator tokens were sent from your address within a minute.",
    remediation="Wait {retry_after_s} s, then send the correct token.",
    summary="Wrong operator tokens are limited per client address. The limit also applies to the correct token, so "
    "that a response does not reveal which guess is right.",
    sample={"limit": 10, "retry_after_s": 42},
    error=RateLimited,
    retryable=True,
)
SCOPE_MISSING = Refusal(
    id="scope.missing",
    message="This API key lacks the scope `{scope}`.",
    remediation="Use a key that has the scope `{scope}`.",
    summary="Each operation needs one scope, which the reference names. A key has the scopes that it was created with.",
    sample={"scope": "posts:write"},
    error=Unauthorized,
)
API_KEY_ENDED = Refusal(
    id="api_key.ended",
    message="The API key was revoked or has expired.",
    remediation="Create a new key with `POST /v1/api-keys`.",
    summary="A revoked or expired key cannot be rotated.",
    error=StateForbids,
)
API_KEY_ESCALATION = Refusal(
    id="api_key.escalation",
    message="{message}",
    remediation="Request fewer rights, or call with a key that has these rights.",
    summary="A key cannot create, rotate or revoke a key with more rights than its own: scopes, mode, profile, expiry "
    "and rate limit. Omitted fields take the values of the calling key.",
    sample={"message": "A test key cannot create a live key."},
    error=Unauthorized,
)
API_KEYS_MAX = Refusal(
    id="api_keys.max",
    message="The organization has {count} active API keys, the maximum.",
    remediation="Revoke a key that is not used.",
    summary="The operator limits the number of active keys of an organization (`LETMEPOST_API_KEYS_MAX`).",
    sample={"count": 1000},
    error=StateForbids,
)
PROFILE_SCOPE_MISMATCH = Refusal(
    id="profile.scope_mismatch",
    message="This API key belongs to another profile.",
    remediation="Omit `profileId`, or use a key of that profile.",
    summary="A key that is limited to one profile can use that profile only.",
    wrong='{"profileId": "prof_<another profile>"}',
    right="{}",
)
PROFILE_KEY = Refusal(
    id="profile.key_limited",
    message="A key of one profile cannot {action}.",
    remediation="Use a key of the whole organization.",
    summary="Operations that affect all profiles need a key that is not limited to one profile.",
    sample={"action": "create or delete profiles"},
    error=Unauthorized,
)
SANDBOX_TEST_KEY = Refusal(
    id="sandbox.test_key",
    message="Only test keys can use the sandbox.",
    remediation="Use a key that starts with `lmp_test_`.",
    summary="The sandbox simulates platforms for test mode. Live keys cannot change it.",
    wrong="Authorization: Bearer lmp_live_…",
    right="Authorization: Bearer lmp_test_…",
    error=Unauthorized,
)
SANDBOX_MISSING = Refusal(
    id="sandbox.disabled",
    message="This deployment has no sandbox.",
    remediation="Ask the operator to set `LETMEPOST_SANDBOX_URL`.",
    summary="Test keys publish to simulated platforms. This deployment does not run them.",
    fixable_by=FixableBy.OPERATOR,
    error=PlatformNotEnabled,
)
