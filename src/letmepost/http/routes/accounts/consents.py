"""`/v1/accounts/oauth`: callbacks of the platforms."""

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from letmepost.domain import refusals
from letmepost.domain.errors import PlatformFailure, RequestError
from letmepost.domain.ids import Prefix, format_id
from letmepost.http.gate import OpenQueryRoute
from letmepost.http.pages.outcomes import error_name, refusal
from letmepost.http.pages.page import page
from letmepost.http.routes.accounts.hosted import browser_of
from letmepost.http.schemas.platform_names import PlatformName
from letmepost.http.services import APIServices
from letmepost.platforms.connecting import Callback
from letmepost.services.accounts.browser_urls import with_query
from letmepost.services.accounts.consent_requests import CallbackResult, Returned

router = APIRouter(route_class=OpenQueryRoute, include_in_schema=False)


@router.get("/v1/accounts/oauth/{platform}/callback")
async def finish_consent(platform: PlatformName, request: Request) -> Response:
    """Complete a consent for the browser that comes back from the platform's page."""
    services: APIServices = request.app.state.services
    query = request.query_params
    returned = Returned(state=query.get("state"), code=query.get("code"), error=query.get("error"))
    try:
        hashes = services.browsers.hashes(browser_of(request))
        result = await services.completions.finish(platform, returned, hashes)
    except RequestError as error:
        return refusal(error)
    if result.consent.session_id is not None:
        # The page of the session offers a choice, or shows the result.
        return RedirectResponse(f"/connect/{format_id(Prefix.CONNECT_SESSION, result.consent.session_id)}", 303)
    if result.consent.return_url is not None:
        return RedirectResponse(with_query(result.consent.return_url, *_outcome(result, returned)), 303)
    if isinstance(result.error, RequestError | PlatformFailure):
        return refusal(result.error)
    return _outcome_page(services.platforms[platform].title, result)


@router.post("/v1/accounts/oauth/{platform}/deauthorize")
async def deauthorize(platform: PlatformName, request: Request) -> Response:
    """Handle a platform's report that a person has revoked the access of the deployment's app."""
    services: APIServices = request.app.state.services
    await services.callbacks.end(platform, await _callback(request))
    return Response(status_code=200)


@router.post("/v1/accounts/oauth/{platform}/notifications")
async def receive_notification(platform: PlatformName, request: Request) -> Response:
    """Handle a platform's report that it has made progress with an account's posts."""
    services: APIServices = request.app.state.services
    await services.callbacks.notify(platform, await _callback(request))
    return Response(status_code=200)


@router.post("/v1/accounts/oauth/{platform}/data-deletion")
async def delete_data(platform: PlatformName, request: Request) -> Response:
    """Delete a person's data at the request of a platform, before the response."""
    services: APIServices = request.app.state.services
    await services.callbacks.erase(platform, await _callback(request))
    here = f"{services.public_url}/v1/accounts/oauth/{platform}/data-deletion"
    return JSONResponse({"url": here, "confirmation_code": request.state.request_id})


@router.get("/v1/accounts/oauth/{platform}/data-deletion")
async def show_deletion(platform: PlatformName, request: Request) -> Response:
    """Show a person the result of a deletion."""
    services: APIServices = request.app.state.services
    if platform not in services.platforms:
        raise refusals.requests.PLATFORM_UNKNOWN(given=platform, known=", ".join(services.platforms))
    return page(
        "outcome.html",
        heading="Your data was deleted",
        message="This service deleted the data of your account, and its access to the account, at your request.",
        remediation=None,
        code=None,
        is_well=True,
    )


async def _callback(request: Request) -> Callback:
    services: APIServices = request.app.state.services
    return Callback(headers=dict(request.headers), body=await request.body(), received_at=services.clock.now())


def _outcome(result: CallbackResult, returned: Returned) -> Sequence[tuple[str, str]]:
    """Return the query of the return URL. The state is useless without the API key."""
    if result.is_choosing:
        return [("status", "choose"), ("state", returned.state or "")]
    if result.error is not None:
        return [("status", "cancelled" if result.is_denied else "failed"), ("error", error_name(result.error))]
    return [("status", "connected"), *(("accountId", format_id(Prefix.ACCOUNT, one.id)) for one in result.accounts)]


def _outcome_page(title: str, result: CallbackResult) -> Response:
    if result.is_choosing:
        heading = "One more step"
        message = f"You allowed access to several {title} accounts. Go back to the page you came from, and choose."
    else:
        [account] = result.accounts
        name = account.display_name or account.handle
        heading, message = "Connected", f"{name or 'Your account'} on {title} is connected."
    return page(
        "outcome.html", heading=heading, message=message, remediation=None, code=None, is_well=not result.is_choosing
    )
