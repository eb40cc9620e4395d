"""The error envelope."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from letmepost.domain.errors import ErrorCode, FixableBy
from letmepost.http.schemas.base import Left, Moment, View

COMMAND = (
    "A shell command that repairs a video for all limits of the target that it breaks. It reads the file as "
    "`input.mp4`, `input.mov` or `input.webm`, and writes `output.mp4`. Omitted if no command can."
)


class RuleViolation(View):
    """A broken rule, and the target that breaks it."""

    target: int = Field(description="The target's place in the request, from 0.")
    account_id: str
    platform: str
    rule: str
    field: str
    message: str
    remediation: str
    limit: Left[int | float | str] = None
    actual: Left[int | float | str] = None
    unit: Left[str] = None
    command: Left[str] = Field(default=None, description=COMMAND)


class FieldViolation(View):
    """A field or query parameter that does not match the schema of the request."""

    field: str = Field(description="Its path in the body, or the name of the query parameter.")
    rule: str
    message: str
    remediation: str
    suggestion: Left[str] = Field(default=None, description="The name or value that was probably meant.")


class ExceededQuota(View):
    """The quota that has no room for the request."""

    name: str
    account_id: Left[str] = Field(default=None, description="The account, if each account has a quota of its own.")
    used: int
    limit: int
    resets_at: Left[Moment] = Field(default=None, description="When the quota resets. Omitted if it never does.")


class ErrorView(View):
    """What is wrong, who can fix it, how, and the id of the request in the log."""

    code: ErrorCode
    message: str = Field(description="For a person. Branch on `code` and `rule`.")
    rule: Left[str] = Field(default=None, description="The id of the rule, or the path of the field.")
    field: Left[str] = Field(default=None, description="The path of the field, or the name of the query parameter.")
    suggestion: Left[str] = Field(default=None, description="The name or value that was probably meant.")
    remediation: Left[str] = Field(default=None, description="How to fix it, in one step.")
    fixable_by: FixableBy = Field(description="Who can remove the cause.")
    retryable: bool = Field(description="Whether the same request can succeed later.")
    platform: Left[str] = None
    platform_version: Left[str] = None
    platform_response: Left[Any] = Field(default=None, description="The platform's own response, without secrets.")
    doc_url: str
    rule_url: Left[str] = None
    request_id: str
    violations: Left[Sequence[RuleViolation | FieldViolation]] = Field(
        default=None,
        description="Every broken rule of `preflight_failed`; every invalid field of a request that does not match its "
        "schema, up to 50.",
    )
    quota: Left[ExceededQuota] = Field(default=None, description="The quota of `quota_exceeded`, and its usage.")
    suggested_request: Left[Mapping[str, Any]] = Field(
        default=None, description="The body in the shape of this API, if the request has that of another one."
    )


class ErrorEnvelope(View):
    """Every response that is not a success."""

    error: ErrorView
