"""Health, readiness, and the pages that errors link to."""

from html import escape

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from letmepost.domain.errors import ErrorCode, NotFound
from letmepost.http.answers import show
from letmepost.http.errors import STATUS, rule_page
from letmepost.http.schemas.service import ReadyView
from letmepost.http.services import APIServices

router = APIRouter(tags=["service"])

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title} · letmepost</title>
<style>body{{font:1.05rem/1.6 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem;color:#1b1f24}}
code{{background:#f2f4f7;padding:.1em .3em;border-radius:.25em}}dt{{font-weight:600;margin-top:1rem}}dd{{margin:0}}
</style><h1><code>{title}</code></h1>{body}</html>"""


@router.get("/health", include_in_schema=True)
async def health() -> dict[str, str]:
    """This process is alive."""
    return {"status": "ok"}


@router.get(
    "/ready",
    response_model=ReadyView,
    responses={503: {"model": ReadyView, "description": "Something is missing."}},
)
async def ready(request: Request) -> Response:
    """The deployment can publish: database, migrations, Redis and a worker answer, and no post waits long.

    Without Redis, or with posts that are late, the answer is 200 and `degraded`: the API goes on serving.
    """
    services: APIServices = request.app.state.services
    found = await services.check_readiness()
    view = ReadyView(
        status="degraded" if found.is_degraded else "ready" if found.is_ready else "not_ready",
        parts={name: "ok" if problem is None else problem.text for name, problem in found.parts.items()},
    )
    return show(view, 200 if found.is_ready else 503)


@router.get("/docs/errors/{code}", include_in_schema=False)
async def error_page(code: str) -> HTMLResponse:
    """What an error code means."""
    if code not in set(ErrorCode):
        raise NotFound("page")
    body = f"<p>Answered with HTTP {STATUS[ErrorCode(code)]}, or found in a target's result.</p>"
    return HTMLResponse(_PAGE.format(title=escape(code), body=body))


@router.get("/docs/preflight/{page}", include_in_schema=False)
async def rule_page_of(page: str, request: Request) -> HTMLResponse:
    """What a rule says, where that is written, and what to do."""
    services: APIServices = request.app.state.services
    for rule in services.rules:
        if rule_page(rule.id) == page:
            number = "" if rule.limit is None else escape(f"{rule.limit} {rule.unit or ''}")
            limit = f"<dt>Limit</dt><dd>{number}</dd>" if number else ""
            body = (
                f"<p>{escape(rule.summary)}</p><dl>{limit}<dt>What to do</dt><dd>{escape(rule.remediation)}</dd>"
                f'<dt>Source</dt><dd><a href="{escape(rule.source_url)}">{escape(rule.source_url)}</a>, '
                f"checked on {rule.checked_on}</dd></dl>"
            )
            return HTMLResponse(_PAGE.format(title=escape(rule.id), body=body))
    raise NotFound("page")
