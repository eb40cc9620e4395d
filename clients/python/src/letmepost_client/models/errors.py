"""Errors as values: of a target, of a post, of an account."""

from datetime import datetime
from typing import Any

from letmepost_client.models.base import Model


class LatenessWait(Model):
    """A reason for which a post has waited, and the total time."""

    reason: str
    ms: int


class Lateness(Model):
    """How late a post is, or was when it was published or given up. It is the sum of the waits, longest first."""

    ms: int
    waits: list[LatenessWait]


class ExhaustedLimit(Model):
    """A limit of the platform that holds a post back, as far as it is known."""

    name: str | None = None
    limit: int | None = None
    remaining: int | None = None
    resets_at: datetime | None = None


class ErrorDetails(Model):
    """Why something failed. It has the fields of the error envelope that apply to a stored error."""

    code: str
    message: str
    rule: str | None = None
    platform: str | None = None
    remediation: str | None = None
    fixable_by: str | None = None
    retryable: bool | None = None
    platform_response: Any = None
    lateness: Lateness | None = None
    budget: ExhaustedLimit | None = None
