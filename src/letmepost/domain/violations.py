"""Violations: where a request breaks a rule, and how to fix it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A broken rule.

    Args:
        rule: the id of the rule.
        field: the path of the field.
        message: what is wrong.
        remediation: how to fix it.
        limit: the limit of the rule, in `unit`.
        actual: the value that breaks it, in `unit`.
        unit: what limit and value count.
        command: a shell command that repairs a video for all limits of its target; None if there is none.
    """

    rule: str
    field: str
    message: str
    remediation: str
    limit: int | float | str | None = None
    actual: int | float | str | None = None
    unit: str | None = None
    command: str | None = None
