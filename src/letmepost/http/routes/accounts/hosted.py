"""`/connect`: the pages on which end users connect accounts. Each is bound to one browser, and needs no API key."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from authlib.common.security import generate_token
from fastapi import APIRouter, Request, Response
from starlette.datastructures import FormData

from letmepost.domain import refusals
from letmepost.domain.errors import InvalidRequest, PlatformFailure, RequestError
from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.text import is_storable
from letmepost.http.gate import OpenQueryRoute
from letmepost.http.pages.fields import SERVER, fields_of, given_fields
from letmepost.http.pages.outcomes import refusal
from letmepost.http.pages.page import Brand, page
from letmepost.http.services import APIServices
from letmepost.platforms.contract import Platform
from letmepost.services.accounts.browser_urls import with_query
from letmepost.services.accounts.browsers import COOKIE_GOOD_FOR, Browser
from letmepost.services.accounts.hosted_pages import HostedPage
from letmepost.storage.accounts.connect_sessions import ConnectSessionRow

router = APIRouter(route_class=OpenQueryRoute, include_in_schema=False)

_COOKIE = "letmepost_connect"
_COOKIE_CHARS = 43


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser and the services behind its page."""

    services: APIServices
    browser: Browser
    address: str
    client: str

    async def open(self) -> HostedPage:
        return await self.services.hosted.open(self.address, self.browser)


@router.get("/connect/{address}")
async def show_page(address: str, request: Request) -> Response:
    """Show the next step: choose a platform, continue to consent, sign in, choose accounts, or return."""
    visitor = _visitor(address, request)
    try:
        hosted = await visitor.open()
    except RequestError as error:
        return refusal(error)
    named = request.query_params.get("platform")
    platform = next((one for one in hosted.platforms if one.name == named), None)
    return _known(await _connect_page(visitor, hosted, platform), visitor)


@router.post("/connect/{address}")
async def send_form(address: str, request: Request) -> Response:
    """Handle a form of the page."""
    visitor, form = _visitor(address, request), await request.form(max_files=0, max_fields=300)
    try:
        hosted = await visitor.open()
        if not visitor.services.browsers.is_form_token(visitor.browser, hosted.session, _text(form, "form")):
            raise _foreign()
        return await _carry_out(visitor, hosted, form)
    except RequestError as error:
        return refusal(error)


async def _carry_out(visitor: Visitor, hosted: HostedPage, form: FormData) -> Response:
    act = _ACTS.get(_text(form, "act"))
    if act is None:
        raise _foreign()
    return await act(visitor, hosted, form)


async def _consent(visitor: Visitor, hosted: HostedPage, form: FormData) -> Response:
    platform, server = _offered(hosted, form), _text(form, SERVER)
    if server:
        await visitor.services.client_limits.count_sign_in(visitor.client)
    try:
        url = await visitor.services.hosted.start_consent(hosted, visitor.browser, platform.name, server or None)
    except (InvalidRequest, PlatformFailure) as error:
        if platform.servers is None:
            raise
        return await _connect_page(visitor, hosted, platform, {SERVER: server}, error)
    message = f"{platform.title} opens in a moment."
    return page(
        "leaving.html", brand=_brand(hosted), onward=url, heading=f"Continue on {platform.title}", message=message
    )


async def _sign_in(visitor: Visitor, hosted: HostedPage, form: FormData) -> Response:
    platform = _offered(hosted, form)
    await visitor.services.client_limits.count_sign_in(visitor.client)
    given = given_fields(platform, {name: _text(form, name) for name in form})
    try:
        session = await visitor.services.hosted.sign_in(hosted, visitor.browser, platform.name, given)
    except (InvalidRequest, PlatformFailure) as error:
        return await _connect_page(visitor, hosted, platform, given, error)
    return _farewell(hosted, session)


async def _choose(visitor: Visitor, hosted: HostedPage, form: FormData) -> Response:
    chosen = [str(value) for value in form.getlist("account")]
    if not chosen:
        error = refusals.connect.NONE_CHOSEN(field="account")
        return await _connect_page(visitor, hosted, None, {}, error)
    try:
        session = await visitor.services.hosted.choose(hosted, visitor.browser, chosen)
    except PlatformFailure as error:
        return await _connect_page(visitor, hosted, None, {}, error)
    return _farewell(hosted, session)


async def _cancel(visitor: Visitor, hosted: HostedPage, form: FormData) -> Response:  # noqa: ARG001 - as the others
    return _farewell(hosted, await visitor.services.hosted.cancel(hosted, visitor.browser))


_ACTS: Mapping[str, Callable[[Visitor, HostedPage, FormData], Awaitable[Response]]] = {
    "consent": _consent,
    "type": _sign_in,
    "choose": _choose,
    "cancel": _cancel,
}


async def _connect_page(
    visitor: Visitor,
    hosted: HostedPage,
    platform: Platform | None,
    given: Mapping[str, str] | None = None,
    error: RequestError | PlatformFailure | None = None,
) -> Response:
    if not hosted.is_open:
        return _farewell(hosted, hosted.session)
    if platform is None and len(hosted.platforms) == 1:
        [platform] = hosted.platforms
    samples = {} if platform is None else await visitor.services.hosted.sample_credentials(hosted, platform)
    return page(
        "connect.html",
        brand=_brand(hosted),
        status=200 if error is None else 400,
        form_token=visitor.services.browsers.form_token(visitor.browser, hosted.session),
        action=f"/connect/{visitor.address}",
        is_test=hosted.tenant.mode == "test",
        platforms=hosted.platforms,
        platform=platform,
        fields=[] if platform is None else fields_of(platform, given or {}, error, samples),
        features=[] if platform is None or platform.oauth is None else list(platform.oauth.features),
        choices=hosted.choices,
        error=error,
    )


def _farewell(hosted: HostedPage, session: ConnectSessionRow) -> Response:
    """Return the page that shows the result and leads back."""
    heading, message = _ENDINGS.get(session.status, _ENDINGS["open"])
    return page("leaving.html", brand=_brand(hosted), onward=back_to(session), heading=heading, message=message)


_ENDINGS: Mapping[str, tuple[str, str]] = {
    "connected": ("Connected", "Your account is connected."),
    "cancelled": ("Canceled", "Nothing was connected."),
    "failed": ("The account could not be connected", "Nothing was connected."),
    "open": ("This page has expired", "Nothing was connected."),
}


def back_to(session: ConnectSessionRow) -> str:
    """Return the URL that the browser returns to, with the result of the session."""
    status = "failed" if session.status == "open" else session.status
    result = (("connectSession", format_id(Prefix.CONNECT_SESSION, session.id)), ("status", status))
    return with_query(session.return_url, *result)


def browser_of(request: Request) -> Browser | None:
    """Return the browser that the cookie of a request identifies; None without a cookie."""
    services: APIServices = request.app.state.services
    cookie = request.cookies.get(_cookie_name(services))
    return Browser(cookie) if cookie and len(cookie) <= 4 * _COOKIE_CHARS else None


def _visitor(address: str, request: Request) -> Visitor:
    services: APIServices = request.app.state.services
    browser = browser_of(request) or Browser(generate_token(_COOKIE_CHARS))
    return Visitor(services, browser, address, services.client_limits.client_of(request))


def _known(response: Response, visitor: Visitor) -> Response:
    """Set the cookie that identifies the browser."""
    response.set_cookie(
        _cookie_name(visitor.services),
        visitor.browser.cookie,
        max_age=int(COOKIE_GOOD_FOR.total_seconds()),
        path="/",
        secure=visitor.services.browsers_need_tls,
        httponly=True,
        samesite="lax",
    )
    return response


def _cookie_name(services: APIServices) -> str:
    """Return the name of the cookie. With TLS, subdomains cannot set it (RFC 6265bis section 4.1.3)."""
    return f"__Host-{_COOKIE}" if services.browsers_need_tls else _COOKIE


def _offered(hosted: HostedPage, form: FormData) -> Platform:
    for platform in hosted.platforms:
        if platform.name == _text(form, "platform"):
            return platform
    raise _foreign()


def _brand(hosted: HostedPage) -> Brand:
    row = hosted.organization
    return Brand(name=row.brand_name or row.name, logo_url=row.brand_logo_url, color=row.brand_color)


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value.strip() if isinstance(value, str) and is_storable(value) else ""


def _foreign() -> RequestError:
    return refusals.connect.FORM()
