"""`/v1/accounts/{id}/…`: what platforms have for an account. The routes are those that the platforms declare."""

from collections.abc import Awaitable, Callable
from typing import Any, Union

from fastapi import APIRouter, Request, Response

from letmepost.domain.api_keys import Scope
from letmepost.domain.ids import Prefix, format_id
from letmepost.http.gate import GatedRoute, caller_of, needs
from letmepost.http.perform import perform_remotely
from letmepost.http.schemas.base import path_id
from letmepost.http.schemas.resources import CHANGES, RESOURCES, route_name
from letmepost.http.services import APIServices
from letmepost.platforms.resources import Resource, ResourceChange
from letmepost.services.accounts.resources import MadeChange, record_change

router = APIRouter(route_class=GatedRoute, tags=["accounts"])


def _reading(name: str) -> Callable[[str, Request], Awaitable[Response]]:
    async def read_resource(account_id: str, request: Request) -> Response:
        services: APIServices = request.app.state.services
        shown = await services.resources.read(caller_of(request), path_id(Prefix.ACCOUNT, account_id), name)
        return Response(shown.encode(), media_type="application/json")

    return read_resource


def _add(name: str, of_platforms: tuple[Resource, ...]) -> None:
    router.add_api_route(
        f"/v1/accounts/{{account_id}}/{name}",
        _reading(name),
        name=route_name("GET", name),
        description="\n\n".join(resource.summary for resource in of_platforms),
        response_model=Union[tuple(resource.view for resource in of_platforms)],  # noqa: UP007 - known at run time
        openapi_extra=needs(Scope.ACCOUNTS_READ),
    )


def _changing(change: ResourceChange) -> Callable[..., Awaitable[Response]]:
    async def change_resource(account_id: str, body: Any, request: Request) -> Response:
        services: APIServices = request.app.state.services
        account_uuid = path_id(Prefix.ACCOUNT, account_id)
        return await perform_remotely(
            request,
            prepare=lambda work: services.resources.prepare_change(work, account_uuid, change.method, change.name),
            call=lambda prepared: services.resources.change(prepared, body),
            record=record_change,
            show=lambda made: made.result.view(format_id(Prefix.ACCOUNT, made.account.id)),
            status=_status,
        )

    change_resource.__annotations__["body"] = change.body  # FastAPI reads the schema there
    return change_resource


def _status(made: MadeChange) -> int:
    return 201 if made.result.is_new else 200


def _add_change(change: ResourceChange) -> None:
    router.add_api_route(
        f"/v1/accounts/{{account_id}}/{change.name}",
        _changing(change),
        methods=[change.method],
        name=route_name(change.method, change.name),
        description=change.summary,
        response_model=change.view,
        responses={201: {"model": change.view, "description": "Created."}} if change.method == "POST" else None,
        openapi_extra=needs(Scope.ACCOUNTS_WRITE),
    )


for _name, _of_platforms in RESOURCES.items():
    _add(_name, _of_platforms)
for _change in CHANGES:
    _add_change(_change)
