"""What every refusal looks like."""

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from letmepost.domain.errors import ErrorCode
from letmepost.http.schemas.base import Left, Moment, View


class BrokenRule(View):
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


class InvalidField(View):
    """A field or query parameter that does not match the schema of the request."""

    field: str = Field(description="Its path in the body, or the name of the query parameter.")
    rule: str
    message: str
    remediation: str
    suggestion: Left[str] = Field(default=None, description="The name or value that was probably meant.")


class UsedUp(View):
    """The quota that has no room for the request."""

    name: str
    account_id: Left[str] = Field(default=None, description="Whose, where each account has a quota of its own.")
    used: int
    limit: int
    resets_at: Left[Moment] = Field(default=None, description="When counting begins anew; left out, it never does.")


class ErrorView(View):
    """What happened, where it is explained, and the id that finds it in the log."""

    code: ErrorCode
    message: str = Field(description="For a person. Branch on `code` and `rule`.")
    rule: Left[str] = Field(default=None, description="The rule that is broken, or the path of the field.")
    platform: Left[str] = None
    platform_version: Left[str] = None
    platform_response: Left[Any] = Field(default=None, description="The platform's own answer, without secrets.")
    remediation: Left[str] = None
    doc_url: str
    rule_url: Left[str] = None
    request_id: str
    violations: Left[Sequence[BrokenRule | InvalidField]] = Field(
        default=None,
        description="Every broken rule of `preflight_failed`; every invalid field of a request that does not match its "
        "schema, up to 50.",
    )
    quota: Left[UsedUp] = Field(default=None, description="Of `quota_exceeded`: which, and how much of it is used.")


class ErrorEnvelope(View):
    """Every answer that is not a success."""

    error: ErrorView
