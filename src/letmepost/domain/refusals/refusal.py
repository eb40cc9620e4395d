"""What a refusal or a warning says: one value for the error, its page and the examples."""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import datetime
from typing import Any

from letmepost.domain.errors import (
    FailureKind,
    FixableBy,
    InputRefused,
    InvalidRequest,
    LimitScope,
    PlatformFailure,
    RequestError,
)
from letmepost.domain.quotas import Reading
from letmepost.domain.retry import POLICIES


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One reason to reject something or to warn, in the words that callers read.

    `message` and `remediation` are templates for `str.format`; literal braces are doubled. The page shows them with
    the parameters of `sample`.

    Args:
        id: the rule id. Callers branch on it, so it never changes its meaning.
        message: what is wrong, with the value. One or two sentences.
        remediation: how to fix it. One concrete step.
        summary: the text of the page: what the rule is and why it exists.
        sample: a realistic value of each parameter.
        wrong: a request, or the part of one, that is rejected.
        right: the same request, corrected.
        fixable_by: who can remove the cause.
        retryable: True if the same request can succeed later without a change.
    """

    id: str
    message: str
    remediation: str
    summary: str
    sample: Mapping[str, object] = dataclass_field(default_factory=dict)
    wrong: str | None = None
    right: str | None = None
    fixable_by: FixableBy = FixableBy.CALLER
    retryable: bool = False

    def describe(self, **parameters: object) -> str:
        """Return the message."""
        return self.message.format(**parameters)

    def advise(self, **parameters: object) -> str:
        """Return the remediation."""
        return self.remediation.format(**parameters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal(Explanation):
    """A reason to reject a request. A call returns the error: `raise refusals.media.IN_USE(media_id=…)`."""

    error: type[RequestError] = InvalidRequest

    def __call__(
        self,
        *,
        field: str | None = None,
        suggestion: str | None = None,
        platform: str | None = None,
        detail: Mapping[str, Any] | None = None,
        retry_after_s: int | None = None,
        quota: Reading | None = None,
        **parameters: object,
    ) -> RequestError:
        """Return the error to raise. The templates may also use `field`, `suggestion`, `platform` and `retry_after_s`.

        Args:
            field: the path of the field that is wrong, or the name of the query parameter.
            suggestion: the name or value that was probably meant.
            platform: the platform that the request is about.
            detail: more data, for `platformResponse`.
            retry_after_s: seconds after which the same request can succeed.
            quota: the quota that has no room for the request.
            parameters: the parameters of the templates.
        """
        given = {
            **parameters,
            "field": field,
            "suggestion": suggestion,
            "platform": platform,
            "retry_after_s": retry_after_s,
        }
        return self.error(
            self.describe(**given),
            rule=self._rule(field),
            remediation=self.advise(**given),
            field=field,
            suggestion=suggestion,
            platform=platform,
            detail=detail,
            retry_after_s=retry_after_s,
            quota=quota,
            fixable_by=self.fixable_by,
            retryable=self.retryable or retry_after_s is not None,
        )

    def _rule(self, _field: str | None) -> str:
        return self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRefusal(Refusal):
    """A reason to reject the value of a field. The rule of the error is the path of the field, so it has no page."""

    id: str = ""
    summary: str = ""

    def _rule(self, field: str | None) -> str:
        return field or self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformRefusal(Explanation):
    """A reason why a platform refused a call. A call returns the failure: `raise refusals.BOARD_MISSING(board=…)`.

    `fixable_by` and `retryable` follow from the other fields.

    Args:
        id: the rule id; empty where callers need no rule to branch on.
        rule: where `id` is empty: the id of a rule that has its page elsewhere, for callers to branch on.
        kind: decides what follows.
        is_input: True if a person entered something wrong to connect an account.
        scope: whom a rate or quota limit holds back.
        is_operators: True if only the operator of this service can remove the cause.
    """

    id: str = ""
    remediation: str = ""
    summary: str = ""
    fixable_by: FixableBy = dataclass_field(init=False)
    retryable: bool = dataclass_field(init=False)
    rule: str = ""
    kind: FailureKind
    is_input: bool = False
    scope: LimitScope = LimitScope.ACCOUNT
    is_operators: bool = False

    def __post_init__(self) -> None:
        policy = POLICIES[self.kind]
        by_kind = FixableBy.CALLER if self.is_input else policy.fixable_by
        object.__setattr__(self, "fixable_by", FixableBy.OPERATOR if self.is_operators else by_kind)
        object.__setattr__(self, "retryable", policy.retryable)

    def __call__(
        self,
        *,
        response: Mapping[str, Any] | None = None,
        retry_at: datetime | None = None,
        **parameters: object,
    ) -> PlatformFailure:
        """Return the failure to raise.

        Args:
            response: the platform's reply, bounded and without secrets.
            retry_at: when the platform said that a retry makes sense.
            parameters: the parameters of the templates.
        """
        message, remediation = self.describe(**parameters), self.advise(**parameters) or None
        rule = self.id or self.rule or None
        if self.is_input:
            return InputRefused(message, rule=rule, remediation=remediation, response=response)
        return PlatformFailure(
            self.kind,
            message,
            rule=rule,
            remediation=remediation,
            retry_at=retry_at,
            scope=self.scope,
            response=response,
            fixable_by=FixableBy.OPERATOR if self.is_operators else None,
        )
