"""`/v1/accounts/{id}/…`: what platforms have for an account. The routes are those that the platforms declare."""

from collections.abc import Awaitable, Callable
from typing import Union

from fastapi import APIRouter, Request, Response

from letmepost.domain.api_keys import Scope
from letmepost.domain.ids import Prefix
from letmepost.http.gate import GatedRoute, caller_of, needs
from letmepost.http.schemas.base import path_id
from letmepost.http.schemas.resources import RESOURCES, route_name
from letmepost.http.services import APIServices
from letmepost.platforms.contract import Resource

router = APIRouter(route_class=GatedRoute, tags=["accounts"])


def _endpoint(name: str) -> Callable[[str, Request], Awaitable[Response]]:
    async def read_resource(account_id: str, request: Request) -> Response:
        services: APIServices = request.app.state.services
        shown = await services.resources.read(caller_of(request), path_id(Prefix.ACCOUNT, account_id), name)
        return Response(shown.model_dump_json(), media_type="application/json")

    return read_resource


def _add(name: str, of_platforms: tuple[Resource, ...]) -> None:
    router.add_api_route(
        f"/v1/accounts/{{account_id}}/{name}",
        _endpoint(name),
        name=route_name(name),
        description="\n\n".join(resource.summary for resource in of_platforms),
        response_model=Union[tuple(resource.view for resource in of_platforms)],  # noqa: UP007 - known at run time
        openapi_extra=needs(Scope.ACCOUNTS_READ),
    )


for _name, _of_platforms in RESOURCES.items():
    _add(_name, _of_platforms)
