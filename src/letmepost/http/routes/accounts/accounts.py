"""`/v1/accounts` and `/v1/sandbox`."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Query, Request, Response

from letmepost.domain import refusals
from letmepost.domain.api_keys import Scope
from letmepost.domain.ids import Prefix, format_id
from letmepost.http.gate import GatedRoute, caller_of, needs
from letmepost.http.paging import before, next_cursor
from letmepost.http.perform import begin_work, perform, perform_remotely, respond
from letmepost.http.schemas.account_queries import AccountQuery
from letmepost.http.schemas.accounts import (
    AccountPage,
    AccountView,
    ChangeAccount,
    CompleteConsent,
    ConnectDescriptor,
    ConnectedAccountView,
    DeletedObject,
    StartConnect,
)
from letmepost.http.schemas.base import body_profile_id, path_id
from letmepost.http.schemas.connecting import COMPLETE_CONNECT
from letmepost.http.schemas.platform_names import PlatformName
from letmepost.http.schemas.sandbox import CreateSandboxAccount, SandboxPosts
from letmepost.http.services import APIServices
from letmepost.services.accounts import connect, disconnect, health, read
from letmepost.services.accounts.connect import Connected
from letmepost.services.accounts.consents import register_app
from letmepost.services.accounts.server_apps import choose_server

router = APIRouter(route_class=GatedRoute, tags=["accounts"])
sandbox_router = APIRouter(route_class=GatedRoute, tags=["sandbox"])


@router.get("/v1/accounts", response_model=AccountPage, openapi_extra=needs(Scope.ACCOUNTS_READ))
async def list_accounts(request: Request, query: Annotated[AccountQuery, Query()]) -> Response:
    """List connected accounts, newest first. Disconnected accounts are listed only with `status=disconnected`."""
    services: APIServices = request.app.state.services
    wanted, position = query.to_filter(), before(Prefix.ACCOUNT, query.cursor)
    async with begin_work(request) as work:
        rows = await read.list_page(work, wanted, before=position, limit=query.limit + 1)
    following = next_cursor(Prefix.ACCOUNT, [row.id for row in rows], query.limit)
    views = [AccountView.of(row, services.platforms) for row in rows[: query.limit]]
    return respond(AccountPage(data=views, next_cursor=following))


@router.get("/v1/accounts/{account_id}", response_model=AccountView, openapi_extra=needs(Scope.ACCOUNTS_READ))
async def get_account(account_id: str, request: Request) -> Response:
    """Read an account."""
    services: APIServices = request.app.state.services
    account_uuid = path_id(Prefix.ACCOUNT, account_id)
    async with begin_work(request) as work:
        row = await read.get(work, account_uuid)
    return respond(AccountView.of(row, services.platforms))


@router.patch("/v1/accounts/{account_id}", response_model=AccountView, openapi_extra=needs(Scope.ACCOUNTS_WRITE))
async def change_account(account_id: str, body: ChangeAccount, request: Request) -> Response:
    """Change the display name of an account, or move it to another profile."""
    services: APIServices = request.app.state.services
    account_uuid, wanted = path_id(Prefix.ACCOUNT, account_id), body.to_change()
    show_account = partial(AccountView.of, platforms=services.platforms)
    return await perform(request, lambda work: read.change(work, account_uuid, wanted), show_account)


@router.post("/v1/accounts/{account_id}/check", response_model=AccountView, openapi_extra=needs(Scope.ACCOUNTS_WRITE))
async def check_account(account_id: str, request: Request) -> Response:
    """Check now whether the platform accepts the account's credential. `health` has the result."""
    services: APIServices = request.app.state.services
    account_uuid = path_id(Prefix.ACCOUNT, account_id)
    return await perform_remotely(
        request,
        prepare=lambda work: health.prepare(work, account_uuid),
        call=services.health.ask,
        record=health.record,
        show=partial(AccountView.of, platforms=services.platforms),
    )


@router.delete("/v1/accounts/{account_id}", response_model=DeletedObject, openapi_extra=needs(Scope.ACCOUNTS_WRITE))
async def disconnect_account(
    account_id: str,
    request: Request,
    cancel_queued: Annotated[Literal["true", "false"], Query(alias="cancelQueued")] = "false",
) -> Response:
    """Disconnect an account: revoke access on the platform and erase the credential.

    Posts stay. Queued posts are held until the account is connected again, or canceled with `cancelQueued=true`.
    """
    services: APIServices = request.app.state.services
    account_uuid, tenant = path_id(Prefix.ACCOUNT, account_id), caller_of(request).tenant
    return await perform_remotely(
        request,
        prepare=lambda work: read.get(work, account_uuid),
        call=lambda account: services.disconnecting.revoke(tenant, account),
        record=lambda work, account: disconnect.record(work, account, cancel_queued=cancel_queued == "true"),
        show=lambda account: DeletedObject(id=format_id(Prefix.ACCOUNT, account.id)),
    )


@router.post(
    "/v1/accounts/connect/{platform}", response_model=ConnectDescriptor, openapi_extra=needs(Scope.ACCOUNTS_WRITE)
)
async def start_connect(platform: PlatformName, request: Request, body: StartConnect | None = None) -> Response:
    """Start to connect an account. The response describes the body of `complete`, or has the URL of the consent.

    On platforms with many servers, letmepost first registers an app at the `server` of the account.
    """
    services: APIServices = request.app.state.services
    caller, options = caller_of(request), (body or StartConnect()).to_options()
    if services.consents.is_used_by(platform):
        return await perform_remotely(
            request,
            prepare=lambda work: services.consents.prepare(work, platform, options),
            call=register_app,
            record=services.consents.start,
            show=ConnectDescriptor.started,
            has_secret=True,
        )
    caller.narrow(options.profile_id)
    choose_server(services.platforms[platform], options.server)
    return respond(ConnectDescriptor(platform=platform, descriptor=services.connecting.describe(caller, platform)))


@router.post(
    "/v1/accounts/connect/{platform}/complete",
    response_model=ConnectedAccountView,
    responses={201: {"model": ConnectedAccountView, "description": "Connected for the first time."}},
    openapi_extra=needs(Scope.ACCOUNTS_WRITE),
)
async def complete_connect(
    platform: PlatformName, request: Request, body: Annotated[dict[str, Any], Body(), COMPLETE_CONNECT]
) -> Response:
    """Connect an account, or store the new credential of a connected account.

    By consent: send the `state` and the `code` with which the browser came back, and `accountIds` if the consent
    covers several accounts.
    """
    services: APIServices = request.app.state.services
    given, profile = _split(body)
    profile_id = body_profile_id(profile)
    if services.consents.is_used_by(platform):
        form = CompleteConsent.read(given).to_completion(profile_id)
        return await perform_remotely(
            request,
            prepare=lambda work: services.completions.prepare(work, platform, form),
            call=services.completions.exchange,
            record=services.completions.complete,
            show=partial(_shown, services),
            status=_status,
        )
    return await perform_remotely(
        request,
        prepare=lambda work: services.connecting.prepare(work, platform, given, profile_id),
        call=connect.run,
        record=lambda work, found: connect.record(work, platform, found, profile_id),
        show=partial(_shown, services),
        status=_status,
    )


@sandbox_router.post(
    "/v1/sandbox/accounts", response_model=AccountView, status_code=201, openapi_extra=needs(Scope.ACCOUNTS_WRITE)
)
async def create_sandbox_account(body: CreateSandboxAccount, request: Request) -> Response:
    """Create and connect a simulated account. `scenario` selects how its platform behaves."""
    services: APIServices = request.app.state.services
    return await perform_remotely(
        request,
        prepare=lambda work: services.sandbox.prepare_account(work, body.platform, body.scenario),
        call=services.sandbox.create_account,
        record=lambda work, found: connect.record(work, body.platform, found),
        show=partial(_shown, services),
        status=_status,
    )


@sandbox_router.get("/v1/sandbox/{platform}/posts", response_model=SandboxPosts, openapi_extra=needs(Scope.POSTS_READ))
async def list_sandbox_posts(platform: PlatformName, request: Request) -> Response:
    """List the posts that followers of the simulated accounts see, oldest first."""
    services: APIServices = request.app.state.services
    return respond(SandboxPosts(data=await services.sandbox.list_posts(caller_of(request), platform)))


def _shown(services: APIServices, made: Sequence[Connected]) -> ConnectedAccountView:
    return ConnectedAccountView.of_all([one.account for one in made], services.platforms)


def _status(made: Sequence[Connected]) -> int:
    return 201 if any(one.is_new for one in made) else 200


def _split(body: Mapping[str, Any]) -> tuple[dict[str, Any], str | None]:
    """Return the platform's own input, and the profile."""
    given = dict(body)
    profile = given.pop("profileId", None)
    if profile is not None and not isinstance(profile, str):
        raise refusals.fields.WRONG_TYPE(field="profileId", kind="a string")
    return given, profile
