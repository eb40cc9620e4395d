"""`/v1/accounts` and `/v1/sandbox`."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Query, Request, Response

from letmepost.domain.api_keys import Scope
from letmepost.domain.errors import InvalidRequest
from letmepost.domain.ids import Prefix, spell
from letmepost.http.answers import once, respond, show
from letmepost.http.gate import GatedRoute, caller_of, needs
from letmepost.http.paging import before, next_cursor
from letmepost.http.schemas.account_queries import AccountQuery
from letmepost.http.schemas.accounts import (
    AccountPage,
    AccountView,
    ChangeAccount,
    CompleteConsent,
    ConnectDescriptor,
    ConnectedView,
    Deleted,
    StartConnect,
)
from letmepost.http.schemas.base import find_id
from letmepost.http.schemas.sandbox import CreateSandboxAccount, SandboxPosts
from letmepost.http.services import APIServices
from letmepost.services.accounts.connect import Connected
from letmepost.services.accounts.consent_requests import Wanted
from letmepost.storage.accounts.accounts import AccountRow

router = APIRouter(route_class=GatedRoute, tags=["accounts"])
sandbox_router = APIRouter(route_class=GatedRoute, tags=["sandbox"])


@router.get("/v1/accounts", response_model=AccountPage, openapi_extra=needs(Scope.ACCOUNTS_READ))
async def list_accounts(request: Request, query: Annotated[AccountQuery, Query()]) -> Response:
    """List connected accounts, newest first. Disconnected accounts are listed only with `status=disconnected`."""
    services: APIServices = request.app.state.services
    rows = await services.accounts.list_page(
        caller_of(request), query.to_filter(), before=before(Prefix.ACCOUNT, query.cursor), limit=query.limit + 1
    )
    following = next_cursor(Prefix.ACCOUNT, [row.id for row in rows], query.limit)
    views = [AccountView.of(row, services.platforms) for row in rows[: query.limit]]
    return show(AccountPage(data=views, next_cursor=following))


@router.get("/v1/accounts/{account_id}", response_model=AccountView, openapi_extra=needs(Scope.ACCOUNTS_READ))
async def get_account(account_id: str, request: Request) -> Response:
    """Read an account."""
    services: APIServices = request.app.state.services
    row = await services.accounts.get(caller_of(request), find_id(Prefix.ACCOUNT, account_id))
    return show(AccountView.of(row, services.platforms))


@router.patch("/v1/accounts/{account_id}", response_model=AccountView, openapi_extra=needs(Scope.ACCOUNTS_WRITE))
async def change_account(account_id: str, body: ChangeAccount, request: Request) -> Response:
    """Give an account another display name, or move it to another profile."""
    services: APIServices = request.app.state.services
    wanted = await once(request, partial(AccountView.of, platforms=services.platforms))
    account_uuid = find_id(Prefix.ACCOUNT, account_id)
    changing = services.accounts.change(caller_of(request), account_uuid, body.to_change(), wanted)
    return await respond(request, wanted, changing)


@router.post("/v1/accounts/{account_id}/check", response_model=AccountView, openapi_extra=needs(Scope.ACCOUNTS_WRITE))
async def check_account(account_id: str, request: Request) -> Response:
    """Ask the platform now whether the account still lets us in; `health` says what it answered."""
    services: APIServices = request.app.state.services
    wanted = await once(request, partial(AccountView.of, platforms=services.platforms))
    checking = services.health.check(caller_of(request), find_id(Prefix.ACCOUNT, account_id), wanted)
    return await respond(request, wanted, checking)


@router.delete("/v1/accounts/{account_id}", response_model=Deleted, openapi_extra=needs(Scope.ACCOUNTS_WRITE))
async def disconnect_account(
    account_id: str,
    request: Request,
    cancel_queued: Annotated[Literal["true", "false"], Query(alias="cancelQueued")] = "false",
) -> Response:
    """Disconnect: revoke upstream, erase the credential, keep the posts; hold what was queued, or cancel it."""
    services: APIServices = request.app.state.services

    def gone(row: AccountRow) -> Deleted:
        return Deleted(id=spell(Prefix.ACCOUNT, row.id))

    wanted = await once(request, gone)
    disconnecting = services.disconnecting.disconnect(
        caller_of(request), find_id(Prefix.ACCOUNT, account_id), wanted, cancel_queued=cancel_queued == "true"
    )
    return await respond(request, wanted, disconnecting)


@router.post(
    "/v1/accounts/connect/{platform}", response_model=ConnectDescriptor, openapi_extra=needs(Scope.ACCOUNTS_WRITE)
)
async def start_connect(platform: str, request: Request, body: StartConnect | None = None) -> Response:
    """Begin to connect an account: learn what `complete` needs, or where a person's browser has to go to consent."""
    services: APIServices = request.app.state.services
    caller, given = caller_of(request), body or StartConnect()
    profile_id = None if given.profile_id is None else find_id(Prefix.PROFILE, given.profile_id)
    if services.consents.is_asked_by(platform):
        wanted = await once(request, ConnectDescriptor.started, has_secret=True)
        how = Wanted(profile_id=profile_id, redirect_uri=given.redirect_uri, return_url=given.return_url)
        return await respond(request, wanted, services.consents.start(caller, platform, how, wanted))
    caller.narrow(profile_id)
    descriptor = services.accounts.describe_connect(caller, platform)
    return show(ConnectDescriptor(platform=platform, descriptor=descriptor))


@router.post(
    "/v1/accounts/connect/{platform}/complete",
    response_model=ConnectedView,
    responses={201: {"model": ConnectedView, "description": "Connected for the first time."}},
    openapi_extra=needs(Scope.ACCOUNTS_WRITE),
)
async def complete_connect(platform: str, request: Request, body: Annotated[dict[str, Any], Body()]) -> Response:
    """Connect an account, or give a connected one its new credential.

    By consent: send the `state` and the `code` that came back; with `accountIds` where the consent opens several.
    """
    services: APIServices = request.app.state.services
    wanted = await once(request, partial(_shown, services), status=_status)
    given, profile = _split(body)
    profile_id = None if profile is None else find_id(Prefix.PROFILE, profile)
    if services.consents.is_asked_by(platform):
        form = CompleteConsent.read(given).to_completion(profile_id)
        return await respond(request, wanted, services.consents.complete(caller_of(request), platform, form, wanted))
    connecting = services.connecting.connect(caller_of(request), platform, given, profile_id, wanted)
    return await respond(request, wanted, connecting)


@sandbox_router.post(
    "/v1/sandbox/accounts", response_model=AccountView, status_code=201, openapi_extra=needs(Scope.ACCOUNTS_WRITE)
)
async def create_sandbox_account(body: CreateSandboxAccount, request: Request) -> Response:
    """Make and connect a simulated account; `scenario` says how its platform behaves."""
    services: APIServices = request.app.state.services
    wanted = await once(request, partial(_shown, services), status=_status)
    making = services.sandbox.create_account(caller_of(request), body.platform, body.scenario, wanted)
    return await respond(request, wanted, making)


@sandbox_router.get("/v1/sandbox/{platform}/posts", response_model=SandboxPosts, openapi_extra=needs(Scope.POSTS_READ))
async def list_sandbox_posts(platform: str, request: Request) -> Response:
    """See what followers of the simulated accounts see, oldest first."""
    services: APIServices = request.app.state.services
    return show(SandboxPosts(data=await services.sandbox.list_posts(caller_of(request), platform)))


def _shown(services: APIServices, made: Sequence[Connected]) -> ConnectedView:
    return ConnectedView.of_all([one.account for one in made], services.platforms)


def _status(made: Sequence[Connected]) -> int:
    return 201 if any(one.is_new for one in made) else 200


def _split(body: Mapping[str, Any]) -> tuple[dict[str, Any], str | None]:
    """The platform's own input, and the profile."""
    given = dict(body)
    profile = given.pop("profileId", None)
    if profile is not None and not isinstance(profile, str):
        raise InvalidRequest("profileId: must be a string", rule="profileId")
    return given, profile
