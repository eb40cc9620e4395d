"""No transaction is open while a use case waits for another server.

A use case that calls another server belongs in `remote_requests.py` or `remote_jobs.py`. Every route and every part of
the worker is either there or listed here as one that calls no other server.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import fields

import pytest

from letmepost.worker.services import WorkerServices
from tests.contract.routes import ROWS
from tests.database import DatabaseURLs, copy_of
from tests.doubles.waiting import eventually
from tests.http import remote_jobs, remote_requests
from tests.http.remote_scene import Case, Scene, check_succeeded, opened
from tests.services.watched_store import OPEN_TRANSACTIONS

pytestmark = pytest.mark.slow

CASES = [*remote_requests.CASES, *remote_jobs.CASES]

_STUCK_AFTER_S = 3.0
"""How long a transaction must be open during a call to count as open because of the call."""

CALL_NOTHING = frozenset(
    """
GET /v1/posts
POST /v1/posts/validate
POST /v1/social-posts
POST /v1/posts/retry
GET /v1/posts/{post_id}
DELETE /v1/posts/{post_id}
POST /v1/posts/{post_id}/retry
POST /v1/posts/{post_id}/duplicate
POST /v1/posts/{post_id}/resolve
GET /v1/posts/{post_id}/timeline
GET /v1/batches/{batch_id}
POST /v1/batches/{batch_id}/publish
DELETE /v1/batches/{batch_id}
GET /v1/accounts
GET /v1/accounts/{account_id}
PATCH /v1/accounts/{account_id}
POST /v1/accounts/oauth/{platform}/deauthorize
POST /v1/accounts/oauth/{platform}/notifications
POST /v1/accounts/oauth/{platform}/data-deletion
GET /v1/accounts/oauth/{platform}/data-deletion
POST /v1/connect-sessions
GET /v1/connect-sessions/{session_id}
GET /v1/sandbox/clock
GET /v1/media
POST /v1/media/uploads
GET /v1/media/{media_id}
HEAD /media/{token}
GET /robots.txt
HEAD /robots.txt
GET /v1/api-keys
POST /v1/api-keys
DELETE /v1/api-keys/{key_id}
POST /v1/api-keys/{key_id}/rotate
GET /v1/me
GET /v1/usage
GET /v1/profiles
POST /v1/profiles
GET /v1/profiles/{profile_id}
PATCH /v1/profiles/{profile_id}
DELETE /v1/profiles/{profile_id}
GET /v1/platforms
GET /v1/platform-versions
GET /v1/organizations
POST /v1/organizations
GET /v1/organizations/{organization_id}
PATCH /v1/organizations/{organization_id}
DELETE /v1/organizations/{organization_id}
POST /v1/organizations/{organization_id}/api-keys
GET /v1/webhook-endpoints
GET /v1/webhook-endpoints/{endpoint_id}
DELETE /v1/webhook-endpoints/{endpoint_id}
POST /v1/webhook-endpoints/{endpoint_id}/rotate-secret
POST /v1/webhook-endpoints/{endpoint_id}/replay
GET /v1/webhook-endpoints/{endpoint_id}/deliveries
POST /v1/deliveries/{delivery_id}/replay
GET /v1/events
GET /v1/pauses
POST /v1/pauses
POST /v1/pauses/resume
GET /v1/events/stream
POST /mcp
GET /health
GET /ready
GET /docs
GET /docs/errors
GET /docs/errors/{code}
GET /docs/permissions
GET /docs/preflight
GET /docs/preflight/{page}
GET /docs/statuses
GET /docs/{path:path}
GET /llms.txt
GET /llms-full.txt
leases
retention
version_notices
pauses
wakeups
throttles
beat
queue
post_slots
delivery_slots
grace_s
    """.strip().splitlines()
)
"""Routes and parts of the worker that call no other server. The tools of `POST /mcp` call other routes."""


@pytest.fixture(scope="module")
async def make_scene(
    postgres_url: str,
    template_database: DatabaseURLs,
    redis_url: str,
    s3_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Callable[[], Awaitable[Scene]]]:
    async with (
        copy_of(template_database, postgres_url) as urls,
        opened(urls, redis_url, s3_url, tmp_path_factory.mktemp("remote")) as make,
    ):
        yield make


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.prepare.__name__)
async def test_no_transaction_is_open_while_a_use_case_waits(
    case: Case, make_scene: Callable[[], Awaitable[Scene]]
) -> None:
    scene, called = await make_scene(), set()

    async def no_transaction_is_open() -> bool:
        return bool(await scene.tenant.admin.one(OPEN_TRANSACTIONS) == 0)

    async def check(server: str) -> None:
        called.add(server)
        await eventually(no_transaction_is_open, within_s=_STUCK_AFTER_S)

    check_succeeded(await scene.gate.watch(await case.prepare(scene), check))
    assert called == case.servers


def test_every_route_and_part_of_the_worker_is_examined() -> None:
    entries = {*(row.line for row in ROWS), *(field.name for field in fields(WorkerServices))}
    examined = {case.entry for case in CASES}
    assert examined == entries - CALL_NOTHING
    assert entries >= CALL_NOTHING
