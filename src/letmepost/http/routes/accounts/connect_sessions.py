"""`/v1/connect-sessions`."""

from fastapi import APIRouter, Request, Response

from letmepost.domain.api_keys import Scope
from letmepost.domain.ids import Prefix
from letmepost.http.answers import once, respond, show
from letmepost.http.gate import GatedRoute, caller_of, needs
from letmepost.http.schemas.base import find_id
from letmepost.http.schemas.connect_sessions import ConnectSessionView, CreateConnectSession, NewConnectSessionView
from letmepost.http.services import APIServices

router = APIRouter(route_class=GatedRoute, tags=["accounts"])


@router.post(
    "/v1/connect-sessions",
    response_model=NewConnectSessionView,
    status_code=201,
    openapi_extra=needs(Scope.ACCOUNTS_WRITE),
)
async def create_connect_session(body: CreateConnectSession, request: Request) -> Response:
    """Make a page on which an end user of yours connects an account, without seeing a key."""
    services: APIServices = request.app.state.services
    wanted = await once(request, NewConnectSessionView.made, status=201, has_secret=True)
    making = services.connect_sessions.create(caller_of(request), body.to_request(), wanted)
    return await respond(request, wanted, making)


@router.get(
    "/v1/connect-sessions/{session_id}",
    response_model=ConnectSessionView,
    openapi_extra=needs(Scope.ACCOUNTS_READ),
)
async def get_connect_session(session_id: str, request: Request) -> Response:
    """Look how a session went."""
    services: APIServices = request.app.state.services
    session_uuid = find_id(Prefix.CONNECT_SESSION, session_id)
    row = await services.connect_sessions.get(caller_of(request), session_uuid)
    return show(ConnectSessionView.of(row, services.clock.now()))
