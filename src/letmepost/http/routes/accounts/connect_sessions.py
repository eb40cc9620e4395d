"""`/v1/connect-sessions`."""

from fastapi import APIRouter, Request, Response

from letmepost.domain.api_keys import Scope
from letmepost.domain.ids import Prefix
from letmepost.http.gate import GatedRoute, needs
from letmepost.http.perform import begin_work, perform, respond
from letmepost.http.schemas.base import path_id
from letmepost.http.schemas.connect_sessions import ConnectSessionView, CreateConnectSession, NewConnectSessionView
from letmepost.http.services import APIServices
from letmepost.services.accounts import connect_sessions

router = APIRouter(route_class=GatedRoute, tags=["accounts"])


@router.post(
    "/v1/connect-sessions",
    response_model=NewConnectSessionView,
    status_code=201,
    openapi_extra=needs(Scope.ACCOUNTS_WRITE),
)
async def create_connect_session(body: CreateConnectSession, request: Request) -> Response:
    """Create a hosted page on which your end user connects an account. The page needs no API key."""
    services: APIServices = request.app.state.services
    wanted = body.to_request()
    return await perform(
        request,
        lambda work: services.connect_sessions.create(work, wanted),
        NewConnectSessionView.of_new,
        status=201,
        has_secret=True,
    )


@router.get(
    "/v1/connect-sessions/{session_id}",
    response_model=ConnectSessionView,
    openapi_extra=needs(Scope.ACCOUNTS_READ),
)
async def get_connect_session(session_id: str, request: Request) -> Response:
    """Read a connect session and its result."""
    services: APIServices = request.app.state.services
    session_uuid = path_id(Prefix.CONNECT_SESSION, session_id)
    async with begin_work(request) as work:
        row = await connect_sessions.get(work, session_uuid)
    return respond(ConnectSessionView.of(row, services.clock.now()))
