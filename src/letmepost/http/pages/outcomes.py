"""Pages that show an error to a person."""

from fastapi.responses import HTMLResponse

from letmepost.domain.errors import LetmepostError, PlatformFailure, RequestError
from letmepost.http.errors import error_fields, status_of
from letmepost.http.pages.page import page


def refusal(error: RequestError | PlatformFailure) -> HTMLResponse:
    """Return a page that shows an error."""
    shown = page(
        "outcome.html",
        status=status_of(error),
        heading="Nothing was connected",
        message=error.message,
        remediation=error.remediation,
        code=error_name(error),
        is_well=False,
    )
    if isinstance(error, RequestError) and error.retry_after_s is not None:
        shown.headers["retry-after"] = str(error.retry_after_s)
    return shown


def error_name(error: LetmepostError) -> str:
    """Return a machine-readable name of an error: its rule, or its code."""
    fields = error_fields(error) if isinstance(error, RequestError | PlatformFailure) else {}
    return str(fields.get("rule") or fields.get("code") or "internal_error")
