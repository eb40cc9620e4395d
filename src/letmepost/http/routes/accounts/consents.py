"""`/v1/accounts/oauth`: where platforms send browsers back to, and what they tell us themselves."""

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from letmepost.domain.errors import NotFound, PlatformFailure, RequestError
from letmepost.domain.ids import Prefix, spell
from letmepost.http.gate import OpenQueryRoute
from letmepost.http.pages.outcomes import error_name, refusal
from letmepost.http.pages.page import page
from letmepost.http.routes.accounts.hosted import browser_of
from letmepost.http.services import APIServices
from letmepost.services.accounts.browser_urls import with_query
from letmepost.services.accounts.consent_requests import CallbackResult, Returned

router = APIRouter(route_class=OpenQueryRoute, include_in_schema=False)


@router.get("/v1/accounts/oauth/{platform}/callback")
async def land(platform: str, request: Request) -> Response:
    """Take a person's browser back from the platform's page."""
    services: APIServices = request.app.state.services
    query = request.query_params
    returned = Returned(state=query.get("state"), code=query.get("code"), error=query.get("error"))
    try:
        hashes = services.hosted.browser_hashes(browser_of(request))
        landing = await services.consents.land(platform, returned, hashes)
    except RequestError as error:
        return refusal(error)
    if landing.consent.session_id is not None:
        # The page of the session: it knows whether to offer a choice, or how to say goodbye.
        return RedirectResponse(f"/connect/{spell(Prefix.CONNECT_SESSION, landing.consent.session_id)}", 303)
    if landing.consent.return_url is not None:
        return RedirectResponse(with_query(landing.consent.return_url, *_told(landing, returned)), 303)
    if isinstance(landing.error, RequestError | PlatformFailure):
        return refusal(landing.error)
    return _welcome(services.platforms[platform].title, landing)


@router.post("/v1/accounts/oauth/{platform}/deauthorize")
async def deauthorize(platform: str, request: Request) -> Response:
    """Hear from a platform that a person has taken our app's access back."""
    services: APIServices = request.app.state.services
    await services.withdrawals.end(platform, await request.body())
    return Response(status_code=200)


@router.post("/v1/accounts/oauth/{platform}/data-deletion")
async def delete_data(platform: str, request: Request) -> Response:
    """Hear from a platform that a person wants forgotten what we know of the account; it is, before we answer."""
    services: APIServices = request.app.state.services
    await services.withdrawals.erase(platform, await request.body())
    here = f"{services.public_url}/v1/accounts/oauth/{platform}/data-deletion"
    return JSONResponse({"url": here, "confirmation_code": request.state.request_id})


@router.get("/v1/accounts/oauth/{platform}/data-deletion")
async def tell_of_deletion(platform: str, request: Request) -> Response:
    """Tell a person what has become of such a wish."""
    services: APIServices = request.app.state.services
    if platform not in services.platforms:
        raise NotFound("platform")
    return page(
        "outcome.html",
        heading="Your data have been erased",
        message="What this service kept of your account, and its access to it, were erased when you asked for it.",
        remediation=None,
        code=None,
        is_well=True,
    )


def _told(landing: CallbackResult, returned: Returned) -> Sequence[tuple[str, str]]:
    """What the page that somebody returns to is told. The state is of no more use to anybody without the API key."""
    if landing.is_choosing:
        return [("status", "choose"), ("state", returned.state or "")]
    if landing.error is not None:
        return [("status", "cancelled" if landing.is_denied else "failed"), ("error", error_name(landing.error))]
    return [("status", "connected"), *(("accountId", spell(Prefix.ACCOUNT, one.id)) for one in landing.accounts)]


def _welcome(title: str, landing: CallbackResult) -> Response:
    if landing.is_choosing:
        heading, message = "One more step", f"You have several {title} accounts. Go back to where you began and choose."
    else:
        [account] = landing.accounts
        name = account.display_name or account.handle
        heading, message = "Connected", f"{name or 'Your account'} on {title} is connected."
    return page(
        "outcome.html", heading=heading, message=message, remediation=None, code=None, is_well=not landing.is_choosing
    )
