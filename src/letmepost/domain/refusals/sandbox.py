"""Refusals about the sandbox."""

from letmepost.domain.errors import StateForbids
from letmepost.domain.refusals.refusal import FieldRefusal, Refusal

ACCOUNTS_MAX = Refusal(
    id="sandbox.accounts.max",
    message="The organization has {count} test accounts, and at most {limit} are allowed.",
    remediation="Disconnect test accounts, or remove all of them with `POST /v1/sandbox/reset`.",
    summary="The operator limits the number of simulated accounts (`LETMEPOST_SANDBOX_ACCOUNTS_MAX`).",
    sample={"count": 500, "limit": 500},
    error=StateForbids,
)
SCENARIO_UNKNOWN = FieldRefusal(
    message="There is no scenario `{given}`.",
    remediation="Use one of {known}.",
    sample={"given": "fails", "known": "rate_limited, unavailable"},
)
CLOCK_BACKWARDS = FieldRefusal(
    message="`to` is {given}, but the clock of the sandbox shows {now}.",
    remediation="Send a later time, up to 366 days ahead of the clock of the sandbox.",
    sample={"given": "2026-12-01T09:00:00Z", "now": "2026-12-02T09:00:00Z"},
)
CLOCK_TOO_FAR = FieldRefusal(
    message="The clock of the sandbox cannot be more than ten years ahead.",
    remediation="Reset the sandbox. Its clock then shows the real time.",
)
