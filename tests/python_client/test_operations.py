"""The Python client and the OpenAPI description: every operation, every field, every result."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest
from letmepost_client import Client
from letmepost_client.errors import BY_CODE
from letmepost_client.uploads import FORM_MAX_BYTES
from pydantic import BaseModel

DESCRIPTION: dict[str, Any] = json.loads((Path(__file__).parents[2] / "openapi/openapi.json").read_bytes())
URL = "https://api.test"
AT = "2026-12-24T09:00:00Z"
ZONED = {"at": "2026-12-24T09:00", "zone": "Europe/Berlin"}
MEDIA: dict[str, Any] = {"media_id": "med_1", "alt_text": "a", "title": "b", "kind": "image", "fit": True}
CONTENT: dict[str, Any] = {
    "text": "a",
    "media": [MEDIA],
    "first_comment": "b",
    "thread": ["c"],
    "options": {"bluesky": {}},
    "targets": [{"account_id": "acc_1"}],
    "on_unsupported": "omit",
    "scheduled_at": AT,
    "schedule": ZONED,
    "draft": False,
    "profile_id": "prof_1",
    "metadata": {},
    "late": {"within_s": 1},
    "refuse_duplicates_within_s": 1,
}
KEY: dict[str, Any] = {
    "prefix": "lmp_test_",
    "scopes": [],
    "profile_id": "prof_1",
    "expires_at": AT,
    "requests_per_minute": 1,
}
PLACE = {"organization_id": "org_1", "account_id": "acc_1", "platform": "bluesky"}
PAGE: dict[str, Any] = {"limit": 1, "cursor": "c"}
FILTERS: dict[str, Any] = {
    "profile_id": "a",
    "account_id": "b",
    "batch_id": "c",
    "platform": "d",
    "status": "e",
    "error_code": "f",
    "after": AT,
    "before": AT,
}
Call: TypeAlias = Callable[[Client], Any]


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the method, the path and the description of every operation."""
    for path, methods in DESCRIPTION["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _first_event(client: Client) -> object:
    with client.events.stream(types="post.published", last_event_id="6") as events:
        return next(iter(events))


OPERATIONS: dict[str, Call] = {
    "createPost": lambda client: client.posts.create(**CONTENT, wait_s=1),
    "listPosts": lambda client: client.posts.list(**FILTERS, **PAGE).next_page(),
    "getPost": lambda client: client.posts.get("post_1"),
    "changePost": lambda client: client.posts.update(
        "post_1",
        text=None,
        media=[MEDIA],
        first_comment="b",
        thread=[],
        options={},
        scheduled_at=AT,
        schedule=ZONED,
        metadata={},
    ),
    "cancelPost": lambda client: client.posts.cancel("post_1"),
    "createPostsInBulk": lambda client: client.posts.bulk([{"text": "a", "to": "bluesky"}]),
    "validatePost": lambda client: client.posts.validate(**CONTENT),
    "retryPostsInBulk": lambda client: client.posts.retry_all(filter=FILTERS, scheduled_at=AT, schedule=ZONED),
    "retryPost": lambda client: client.posts.retry("post_1", scheduled_at=AT, schedule=ZONED),
    "resolvePost": lambda client: client.posts.resolve("post_1", "published", uri="a"),
    "unpublishPost": lambda client: client.posts.unpublish("post_1"),
    "duplicatePost": lambda client: client.posts.duplicate("post_1"),
    "getPostTimeline": lambda client: client.posts.timeline("post_1"),
    "getBatch": lambda client: client.batches.get("batch_1"),
    "cancelBatch": lambda client: client.batches.cancel("batch_1"),
    "publishBatch": lambda client: client.batches.publish("batch_1", scheduled_at=AT, schedule=ZONED, publish_now=True),
    "listAccounts": lambda client: client.accounts.list(
        profile_id="a", platform="b", status="c", handle="d", external_user_id="e", **PAGE
    ).next_page(),
    "getAccount": lambda client: client.accounts.get("acc_1"),
    "changeAccount": lambda client: client.accounts.update("acc_1", display_name="a", profile_id="b"),
    "disconnectAccount": lambda client: client.accounts.disconnect("acc_1", cancel_queued=True),
    "checkAccount": lambda client: client.accounts.check("acc_1"),
    "startConnect": lambda client: client.accounts.connect(
        "bluesky", profile_id="a", server="b", redirect_uri="c", return_url="d"
    ),
    "completeConnect": lambda client: client.accounts.complete("bluesky", {"state": "a", "code": "b"}),
    "getAccountAuthors": lambda client: client.accounts.authors("acc_1"),
    "getAccountPinterestBoards": lambda client: client.accounts.boards("acc_1"),
    "createAccountPinterestBoards": lambda client: client.accounts.create_board(
        "acc_1", "a", description="b", privacy="SECRET", set_as_default=True, upsert=True
    ),
    "changeAccountPinterestDefaultBoard": lambda client: client.accounts.set_default_board("acc_1", "a"),
    "createConnectSession": lambda client: client.connect_sessions.create(
        "https://a.test", platform="a", profile_id="b", external_user_id="c"
    ),
    "getConnectSession": lambda client: client.connect_sessions.get("cs_1"),
    "uploadMedia": lambda client: client.media.upload(b"a", profile_id="a"),
    "startMediaUpload": lambda client: client.media.upload(
        bytes(FORM_MAX_BYTES + 1), filename="a", content_type="video/mp4", profile_id="c"
    ),
    "uploadMediaBytes": lambda client: client.media.upload(bytes(FORM_MAX_BYTES + 1)),
    "completeMediaUpload": lambda client: client.media.upload(bytes(FORM_MAX_BYTES + 1)),
    "importMedia": lambda client: client.media.import_url("https://a.test", profile_id="a"),
    "listMedia": lambda client: client.media.list(profile_id="a", **PAGE).next_page(),
    "getMedia": lambda client: client.media.get("med_1"),
    "deleteMedia": lambda client: client.media.delete("med_1"),
    "createWebhookEndpoint": lambda client: client.webhook_endpoints.create(
        "https://a.test", events=["post.published"], description="a"
    ),
    "listWebhookEndpoints": lambda client: client.webhook_endpoints.list(**PAGE).next_page(),
    "getWebhookEndpoint": lambda client: client.webhook_endpoints.get("whe_1"),
    "changeWebhookEndpoint": lambda client: client.webhook_endpoints.update(
        "whe_1", url="a", events=[], active=True, description=None
    ),
    "deleteWebhookEndpoint": lambda client: client.webhook_endpoints.delete("whe_1"),
    "rotateWebhookSecret": lambda client: client.webhook_endpoints.rotate_secret("whe_1", overlap_hours=1),
    "sendTestEvent": lambda client: client.webhook_endpoints.test("whe_1", type="post.failed", data={}),
    "listWebhookDeliveries": lambda client: client.webhook_endpoints.deliveries("whe_1", **PAGE).next_page(),
    "replayEvents": lambda client: client.webhook_endpoints.replay("whe_1", after=AT, before=AT),
    "replayWebhookDelivery": lambda client: client.deliveries.replay("dlv_1"),
    "listEvents": lambda client: client.events.list(types="post.published", **PAGE).next_page(),
    "followEvents": _first_event,
    "listProfiles": lambda client: client.profiles.list(**PAGE).next_page(),
    "createProfile": lambda client: client.profiles.create("a"),
    "getProfile": lambda client: client.profiles.get("prof_1"),
    "renameProfile": lambda client: client.profiles.rename("prof_1", "a"),
    "deleteProfile": lambda client: client.profiles.delete("prof_1"),
    "createApiKey": lambda client: client.api_keys.create("a", **KEY),
    "listApiKeys": lambda client: client.api_keys.list(**PAGE).next_page(),
    "revokeApiKey": lambda client: client.api_keys.revoke("key_1"),
    "rotateApiKey": lambda client: client.api_keys.rotate("key_1", overlap_hours=1),
    "createOrganization": lambda client: client.organizations.create("a"),
    "listOrganizations": lambda client: client.organizations.list(**PAGE).next_page(),
    "getOrganization": lambda client: client.organizations.get("org_1"),
    "changeOrganization": lambda client: client.organizations.update(
        "org_1",
        name="a",
        brand=None,
        return_origins=[],
        late={"within_s": 1, "then": "hold"},
        quotas={"media_bytes": 1},
    ),
    "deleteOrganization": lambda client: client.organizations.delete("org_1"),
    "createOrganizationApiKey": lambda client: client.organizations.create_api_key("org_1", "a", **KEY),
    "listPauses": lambda client: client.pauses.list(),
    "pausePublishing": lambda client: client.pauses.create(**PLACE, reason="a"),
    "resumePublishing": lambda client: client.pauses.resume(**PLACE),
    "createSandboxAccount": lambda client: client.sandbox.create_account("bluesky", scenario="ok"),
    "listSandboxPosts": lambda client: client.sandbox.posts("bluesky"),
    "getSandboxClock": lambda client: client.sandbox.clock(),
    "advanceSandboxClock": lambda client: client.sandbox.advance(1, to=AT),
    "resetSandbox": lambda client: client.sandbox.reset(),
    "listPlatforms": lambda client: client.platforms.list(),
    "listPlatformVersions": lambda client: client.platforms.versions(),
    "getCurrentKey": lambda client: client.me(),
    "getUsage": lambda client: client.usage(),
    "getHealth": lambda client: client.health(),
    "getReadiness": lambda client: client.ready(),
}
"""How to call each operation, with all of its fields."""

LEFT_OUT = {
    ("createPost", "publishNow"),  # publishing now is the default
    ("validatePost", "publishNow"),
    ("followEvents", "cursor"),  # the client sends Last-Event-ID
}
"""Fields that the client does not send."""


class Server:
    """Responds to each operation with its example, and records the requests."""

    def __init__(self) -> None:
        self.requests: dict[str, httpx.Request] = {}

    def respond(self, request: httpx.Request) -> httpx.Response:
        name, operation = _find(request.method, request.url.path)
        self.requests[name] = request
        if name == "followEvents":
            event = _example(_operation("listEvents"))[1]["data"][0]
            return httpx.Response(
                200, text=f"data: {json.dumps(event)}\n\n", headers={"Content-Type": "text/event-stream"}
            )
        status, example = _example(operation)
        if name == "startMediaUpload":
            example["upload"]["url"] = f"{URL}/v1/media/uploads/token"
        return httpx.Response(status, json=example)


@pytest.fixture(scope="module")
def server() -> Server:
    return Server()


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Client]:
    with httpx.Client(transport=httpx.MockTransport(server.respond)) as http:
        yield Client("lmp_test_key", URL, http=http, max_retries=0)


def test_every_operation_has_a_method() -> None:
    assert {operation["operationId"] for _, _, operation in operations()} <= set(OPERATIONS)


@pytest.mark.parametrize("name", sorted(operation["operationId"] for _, _, operation in operations()))
def test_method_sends_every_field_and_types_every_result(server: Server, client: Client, name: str) -> None:
    result = OPERATIONS[name](client)
    operation = _operation(name)
    request = server.requests[name]
    sent = set(request.url.params)
    if "application/json" in operation.get("requestBody", {}).get("content", {}):
        sent |= set(json.loads(request.content))
    assert _fields(operation) - sent == {field for owner, field in LEFT_OUT if owner == name}
    assert list(_untyped(result)) == []


def test_every_error_code_has_an_exception() -> None:
    assert set(BY_CODE) == set(DESCRIPTION["components"]["schemas"]["ErrorCode"]["enum"])


def _operation(name: str) -> dict[str, Any]:
    return next(operation for _, _, operation in operations() if operation["operationId"] == name)


def _find(method: str, path: str) -> tuple[str, dict[str, Any]]:
    """Return the operation of a request. A path without parameters wins."""
    for expected, template, operation in sorted(operations(), key=lambda found: found[1].count("{")):
        if method == expected and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            return operation["operationId"], operation
    raise AssertionError(f"{method} {path} is not an operation")


def _example(operation: dict[str, Any]) -> tuple[int, Any]:
    """Return the status and the example of the first successful response."""
    status, response = next(item for item in operation["responses"].items() if item[0].startswith("2"))
    content = next(iter(response["content"].values()))
    return int(status), json.loads(json.dumps(content["example"]))


def _fields(operation: dict[str, Any]) -> set[str]:
    """Return the names of the query parameters and of the fields of the body."""
    query = {given["name"] for given in operation.get("parameters", ()) if given.get("in") == "query"}
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    reference = body.get("$ref", "").rpartition("/")[2]
    return query | set(DESCRIPTION["components"]["schemas"].get(reference, {}).get("properties", {}))


def _untyped(value: object) -> Iterator[str]:
    """Yield the fields of a result that the models do not have."""
    if isinstance(value, BaseModel):
        for name in value.model_extra or {}:
            yield f"{type(value).__name__}.{name}"
        for name in type(value).model_fields:
            yield from _untyped(getattr(value, name))
    elif isinstance(value, list):
        for item in value:
            yield from _untyped(item)
