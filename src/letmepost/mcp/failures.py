"""Failures, and the results that describe them."""

from collections.abc import Mapping, Sequence
from typing import Any

from letmepost_client import ApiError, ConnectionFailed
from letmepost_client.errors import RequestViolation
from pydantic import ValidationError


class InvalidArguments(Exception):
    """The arguments of a tool are wrong. Nothing was done.

    Attributes:
        violations: the wrong arguments, and what is wrong with each.
    """

    def __init__(self, message: str, violations: Sequence[Mapping[str, str]] = ()) -> None:
        super().__init__(message)
        self.violations = violations

    @classmethod
    def of(cls, error: ValidationError) -> "InvalidArguments":
        found = error.errors(include_url=False, include_input=False, include_context=False)
        return cls(
            "The arguments do not match the schema of the tool.",
            [{"field": ".".join(str(part) for part in each["loc"]), "message": each["msg"]} for each in found],
        )


def failure_of(error: ApiError | ConnectionFailed | InvalidArguments) -> dict[str, Any]:
    """Return what is wrong, where, and how to fix it."""
    match error:
        case ApiError():
            fields = _of_api(error)
        case ConnectionFailed():
            fields = {
                "code": "connection_failed",
                "message": str(error),
                "fix": "It is unknown whether the server has performed the call. Check that the server runs, then "
                "repeat the call with the same idempotency_key, which is safe.",
                "retryable": True,
            }
        case InvalidArguments():
            fields = {
                "code": "invalid_arguments",
                "message": str(error),
                "fix": "Correct the arguments, and call the tool again.",
                "retryable": False,
                "violations": list(error.violations) or None,
            }
    return {name: value for name, value in fields.items() if value is not None}


def _of_api(error: ApiError) -> dict[str, Any]:
    body = error.body
    return {
        "code": error.code,
        "message": error.message,
        "rule": error.rule,
        "field": body.field,
        "platform": body.platform,
        "fix": error.remediation,
        "fixable_by": body.fixable_by,
        "retryable": error.retryable,
        "retry_after_s": error.retry_after_s,
        "doc_url": error.doc_url,
        "rule_url": body.rule_url,
        "request_id": error.request_id,
        "violations": [_violation(found) for found in error.violations] or None,
    }


def _violation(found: RequestViolation) -> dict[str, Any]:
    fields = found.model_dump(mode="json", exclude_none=True)
    if "remediation" in fields:
        fields["fix"] = fields.pop("remediation")
    return fields
