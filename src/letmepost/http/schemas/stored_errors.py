"""Errors that are stored: with a post, an account, a media item or a connect session."""

from typing import Any

from pydantic import Field

from letmepost.domain.errors import ErrorCode, FixableBy
from letmepost.http.schemas.base import DescribedAs, Left, Moment, View
from letmepost.http.schemas.lateness import LatenessView


class ExhaustedLimitView(View):
    """A limit of the platform that holds a post back, as far as it is known."""

    name: Left[str] = Field(default=None, description="The platform's own name of the limit.")
    limit: Left[int] = None
    remaining: Left[int] = None
    resets_at: Left[Moment] = None


class ErrorDetailsView(View):
    """Why something failed. It has the fields of the error envelope that apply to a stored error."""

    code: ErrorCode
    message: str = Field(description="For a person. Branch on `code` and `rule`.")
    rule: Left[str] = Field(default=None, description="The rule that was broken.")
    platform: Left[str] = None
    remediation: Left[str] = Field(default=None, description="How to fix it, in one step.")
    fixable_by: Left[FixableBy] = Field(default=None, description="Who can remove the cause.")
    retryable: Left[bool] = Field(default=None, description="Whether a retry can succeed.")
    platform_response: Left[Any] = Field(default=None, description="The platform's own response, without secrets.")
    lateness: Left[LatenessView] = Field(default=None, description="How late the post was, and what it waited for.")
    budget: Left[ExhaustedLimitView] = Field(default=None, description="The limit of the platform that was used up.")


class MediaErrorView(View):
    """Why the file of a media item cannot be used."""

    rule: Left[str] = Field(default=None, description="The rule that was broken.")
    message: str


ERROR_DETAILS = DescribedAs(ErrorDetailsView)
"""Describes a mapping that holds a stored error."""
