"""The requests that call other servers."""

import base64
from collections.abc import AsyncIterator
from functools import partial

import httpx2
from starlette.responses import JSONResponse

from letmepost.domain.api_keys import Mode
from letmepost.domain.ids import Prefix, parse_id
from letmepost.http.schemas.resources import RESOURCES
from letmepost.http.services import APIServices
from letmepost.services.media.links import UPLOADABLE_FOR, Link
from letmepost.storage.database import Tenant as StoredTenant
from tests.contract.routes import CHANGE_ROWS, Row
from tests.deployment import SANDBOX_TOKEN
from tests.doubles import federated
from tests.doubles.consenting import NAME
from tests.doubles.waiting import PATIENCE_S
from tests.http.remote_scene import Cases, Scene, UseCase
from tests.http.support import PLATFORM, path_of, png, soon, upload
from tests.http.test_connect_sessions import Person, onward

CASES = Cases()

_COMPLETE = "/v1/accounts/connect/{platform}/complete"
_CALLBACK = "/v1/accounts/oauth/{platform}/callback"
_PICTURE = {"kind": "image", "bytesBase64": base64.b64encode(png()).decode()}


@CASES.calls(f"POST {_COMPLETE}", "sandbox")
async def connect_by_credentials(scene: Scene) -> UseCase:
    return scene.request("POST", f"/v1/accounts/connect/{PLATFORM}/complete", await scene.tenant.credentials())


@CASES.calls(f"POST {_COMPLETE}", "sandbox")
async def reconnect_by_credentials(scene: Scene) -> UseCase:
    given = await scene.tenant.credentials()
    path = f"/v1/accounts/connect/{PLATFORM}/complete"
    account = await scene.create(path, given)
    waiting = {"targets": [{"accountId": account["id"]}], "text": "Hello", "scheduledAt": soon(3600)}
    await scene.create("/v1/posts", waiting)
    await scene.client.call("DELETE", f"/v1/accounts/{account['id']}")
    return scene.request("POST", path, given)


@CASES.calls("POST /v1/accounts/connect/{platform}", "server")
async def start_consent_at_server(scene: Scene) -> UseCase:
    body = {"server": scene.server_name}
    return scene.request("POST", f"/v1/accounts/connect/{federated.NAME}", body, client=scene.live)


@CASES.calls(f"POST {_COMPLETE}", "server")
async def complete_consent_at_server(scene: Scene) -> UseCase:
    path = f"/v1/accounts/connect/{federated.NAME}"
    started = await scene.create(path, {"server": scene.server_name}, client=scene.live)
    brought = scene.server.consent(started["descriptor"]["authorizationUrl"], "alice")
    return scene.request("POST", f"{path}/complete", brought, client=scene.live)


@CASES.calls("POST /connect/{address}", "server")
async def enter_server_on_hosted_page(scene: Scene) -> UseCase:
    body = {"returnUrl": "https://app.example/", "platform": federated.NAME}
    session = await scene.create("/v1/connect-sessions", body, client=scene.live)
    person = Person(scene.live.http, session["url"])
    await person.go()
    return partial(person.send, "consent", platform=federated.NAME, server=scene.server_name)


@CASES.calls(f"POST {_COMPLETE}", "platform")
async def complete_consent(scene: Scene) -> UseCase:
    brought = await scene.consent("alice")
    return scene.request("POST", f"/v1/accounts/connect/{NAME}/complete", brought, client=scene.live)


@CASES.calls(f"POST {_COMPLETE}", "platform")
async def complete_consent_for_chosen_accounts(scene: Scene) -> UseCase:
    brought = {**await scene.consent("alice", "bob", "carol"), "accountIds": ["id-bob"]}
    return scene.request("POST", f"/v1/accounts/connect/{NAME}/complete", brought, client=scene.live)


@CASES.calls(f"GET {_CALLBACK}", "platform")
async def return_from_consent(scene: Scene) -> UseCase:
    brought = await scene.consent("alice")
    return partial(scene.live.http.get, f"/v1/accounts/oauth/{NAME}/callback", params=brought)


@CASES.calls(f"GET {_CALLBACK}", "platform")
async def return_to_hosted_page(scene: Scene) -> UseCase:
    body = {"returnUrl": "https://app.example/", "platform": NAME}
    session = await scene.create("/v1/connect-sessions", body, client=scene.live)
    person = Person(scene.live.http, session["url"])
    await person.go()
    brought = scene.network.consent(onward(await person.send("consent", platform=NAME)), "alice")
    headers = person._headers()
    return partial(person.http.get, f"/v1/accounts/oauth/{NAME}/callback", params=brought, headers=headers)


@CASES.calls("GET /connect/{address}", "sandbox")
async def show_sample_credentials(scene: Scene) -> UseCase:
    body = {"returnUrl": "http://127.0.0.1:9/", "platform": PLATFORM}
    session = await scene.create("/v1/connect-sessions", body)
    return Person(scene.client.http, session["url"]).go


@CASES.calls("POST /connect/{address}", "sandbox")
async def sign_in_on_hosted_page(scene: Scene) -> UseCase:
    session = await scene.create("/v1/connect-sessions", {"returnUrl": "http://127.0.0.1:9/", "platform": PLATFORM})
    person = Person(scene.client.http, session["url"])
    await person.go()
    return partial(person.send, "type", platform=PLATFORM, **await scene.tenant.credentials())


@CASES.calls("POST /v1/accounts/{account_id}/check", "sandbox")
async def check_account(scene: Scene) -> UseCase:
    return scene.request("POST", f"/v1/accounts/{await scene.client.sandbox_account()}/check")


@CASES.calls("POST /v1/accounts/{account_id}/check", "platform")
async def check_account_with_expired_token(scene: Scene) -> UseCase:
    account_id = await scene.consented_account()
    scene.network.tokens.clear()
    scene.network.tokens["fresh"] = ("alice",)
    granted = {"access_token": "fresh", "refresh_token": "next", "expires_in": 7200, "scope": "write reply"}
    scene.network.token_answers.append(JSONResponse(granted))
    return scene.request("POST", f"/v1/accounts/{account_id}/check", client=scene.live)


for _name in RESOURCES:

    @CASES.calls(f"GET /v1/accounts/{{account_id}}/{_name}", "platform")
    async def read_resource(scene: Scene, name: str = _name) -> UseCase:
        return scene.request("GET", f"/v1/accounts/{await scene.consented_account()}/{name}", client=scene.live)


for _row in CHANGE_ROWS:

    @CASES.calls(_row.line, "platform")
    async def change_resource(scene: Scene, row: Row = _row) -> UseCase:
        path = row.path.format(account_id=await scene.consented_account())
        return scene.request(row.method, path, row.body, client=scene.live)


@CASES.calls("DELETE /v1/accounts/{account_id}", "sandbox")
async def disconnect_account(scene: Scene) -> UseCase:
    return scene.request("DELETE", f"/v1/accounts/{await scene.client.sandbox_account()}?cancelQueued=true")


@CASES.calls("DELETE /v1/accounts/{account_id}", "platform")
async def disconnect_account_with_revocation(scene: Scene) -> UseCase:
    return scene.request("DELETE", f"/v1/accounts/{await scene.consented_account()}", client=scene.live)


@CASES.calls("POST /v1/posts", "blobs")
async def create_post_with_bytes(scene: Scene) -> UseCase:
    target = {"accountId": await scene.client.sandbox_account()}
    body = {"targets": [target], "text": "Look", "media": [_PICTURE], "scheduledAt": soon(3600)}
    return scene.request("POST", "/v1/posts", body)


@CASES.calls("POST /v1/posts/bulk", "blobs")
async def create_posts_with_bytes(scene: Scene) -> UseCase:
    target = {"accountId": await scene.client.sandbox_account()}
    posts = [{"targets": [target], "text": f"Look {n}", "media": [_PICTURE], "scheduledAt": soon(3600)} for n in (1, 2)]
    return scene.request("POST", "/v1/posts/bulk", {"posts": posts})


@CASES.calls("PATCH /v1/posts/{post_id}", "blobs")
async def edit_post_with_bytes(scene: Scene) -> UseCase:
    post_id = await scene.post(scheduledAt=soon(3600))
    return scene.request("PATCH", f"/v1/posts/{post_id}", {"media": [_PICTURE]})


@CASES.calls("POST /v1/posts/{post_id}/unpublish", "sandbox")
async def unpublish_post(scene: Scene) -> UseCase:
    post_id = await scene.post()
    await scene.publish()
    return scene.request("POST", f"/v1/posts/{post_id}/unpublish")


@CASES.calls("POST /v1/media", "blobs")
async def upload_media_item(scene: Scene) -> UseCase:
    return partial(upload, scene.client, idempotency_key="once")


@CASES.calls("POST /v1/media/import", "web", "blobs")
async def import_media_item(scene: Scene) -> UseCase:
    return scene.request("POST", "/v1/media/import", {"url": f"{scene.web_url}/picture.png"})


@CASES.calls("POST /v1/media/{media_id}/complete", "blobs")
async def complete_upload(scene: Scene) -> UseCase:
    started = await scene.create("/v1/media/uploads", {"filename": "picture.png", "sizeBytes": len(png())})
    async with httpx2.AsyncClient(timeout=PATIENCE_S) as browser:
        address = started["upload"]
        assert (await browser.put(address["url"], content=png(), headers=address["headers"])).status_code == 200
    return scene.request("POST", f"/v1/media/{started['id']}/complete")


@CASES.calls("PUT /v1/media/uploads/{token}", "client", "blobs")
async def receive_upload_from_slow_client(scene: Scene) -> UseCase:
    started = await scene.create("/v1/media/uploads", {"filename": "picture.png", "sizeBytes": len(png())})
    services: APIServices = scene.tenant.deployment.app.state.services
    expires_at, tenant = services.clock.now() + UPLOADABLE_FOR, StoredTenant(scene.tenant.uuid, Mode.TEST)
    url = services.media_links.to_upload(Link(tenant, parse_id(Prefix.MEDIA, started["id"]), expires_at, len(png())))

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(png()), 50):
            await scene.gate.hold("client")
            yield png()[start : start + 50]

    return lambda: scene.client.http.put(path_of(url), content=chunks())


@CASES.calls("DELETE /v1/media/{media_id}", "blobs")
async def delete_media_item(scene: Scene) -> UseCase:
    return scene.request("DELETE", f"/v1/media/{await upload(scene.client)}")


@CASES.calls("GET /media/{token}", "blobs")
async def download_media_item(scene: Scene) -> UseCase:
    item = (await scene.client.get(f"/v1/media/{await upload(scene.client)}")).json()
    return partial(scene.client.http.get, path_of(item["url"]))


@CASES.calls("POST /v1/webhook-endpoints", "names")
async def create_endpoint(scene: Scene) -> UseCase:
    return scene.request("POST", "/v1/webhook-endpoints", {"url": "https://hooks.example.com/first"})


@CASES.calls("PATCH /v1/webhook-endpoints/{endpoint_id}", "names")
async def change_endpoint(scene: Scene) -> UseCase:
    made = await scene.create("/v1/webhook-endpoints", {"url": "https://hooks.example.com/first"})
    return scene.request("PATCH", f"/v1/webhook-endpoints/{made['id']}", {"url": "https://hooks.example.com/second"})


@CASES.calls("POST /v1/webhook-endpoints/{endpoint_id}/test", "web")
async def send_test_event(scene: Scene) -> UseCase:
    made = await scene.create("/v1/webhook-endpoints", {"url": f"{scene.web_url}/hook"})
    return scene.request("POST", f"/v1/webhook-endpoints/{made['id']}/test", {})


@CASES.calls("POST /v1/sandbox/accounts", "sandbox")
async def create_sandbox_account(scene: Scene) -> UseCase:
    return scene.request("POST", "/v1/sandbox/accounts", {"platform": PLATFORM})


@CASES.calls("GET /v1/sandbox/{platform}/posts", "sandbox")
async def list_sandbox_posts(scene: Scene) -> UseCase:
    return scene.request("GET", f"/v1/sandbox/{PLATFORM}/posts")


@CASES.calls("POST /v1/sandbox/clock", "sandbox")
async def advance_sandbox_clock(scene: Scene) -> UseCase:
    return scene.request("POST", "/v1/sandbox/clock", {"advanceS": 60})


@CASES.calls("POST /internal/sandbox/{world}/clock", "sandbox")
async def advance_clock_of_page(scene: Scene) -> UseCase:
    path, headers = f"/internal/sandbox/{scene.tenant.id}/clock", {"authorization": f"Bearer {SANDBOX_TOKEN}"}
    return partial(scene.client.http.post, path, json={"advanceS": 60}, headers=headers)


@CASES.calls("POST /v1/sandbox/reset", "sandbox")
async def reset_sandbox(scene: Scene) -> UseCase:
    await scene.post(scheduledAt=soon(3600))
    return scene.request("POST", "/v1/sandbox/reset")
