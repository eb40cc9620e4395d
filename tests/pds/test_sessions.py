"""How long an account stays signed in, and what happens when its session ends."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from letmepost.domain.api_keys import Mode
from letmepost.gateways.clock import SystemClock
from tests.authors import is_status
from tests.database import DatabaseURLs
from tests.deployment import Deployment, deployed
from tests.pds.authors import Author, connect
from tests.pds.credentials import expire_access_token, read_credential
from tests.pds.images import inline, picture
from tests.pds.network import Addresses, Network
from tests.pds.proxy import Proxy

CREATE = "com.atproto.server.createSession"
DELETE = "com.atproto.server.deleteSession"
REFRESH = "com.atproto.server.refreshSession"
PUT = "com.atproto.repo.putRecord"
UPLOAD = "com.atproto.repo.uploadBlob"


@pytest.fixture
async def deployment(
    proxy: Proxy, database_urls: DatabaseURLs, redis_url: str, tmp_path: Path
) -> AsyncIterator[Deployment]:
    """A deployment with a recording proxy in front of the network."""
    environment = proxy.addresses.environment()
    async with deployed(database_urls, redis_url, tmp_path, environment=environment) as running:
        yield running


@pytest.fixture
async def author(deployment: Deployment, network: Network) -> Author:
    """A new account with a session of its own."""
    return await connect(await deployment.client(Mode.LIVE), await network.sign_up())


async def test_one_sign_in_serves_every_post(author: Author, proxy: Proxy) -> None:
    for text in ("One", "Two", "Three"):
        await author.publish(text)
    assert proxy.methods().count(CREATE) == 1
    assert REFRESH not in proxy.methods()


async def test_expired_token_is_refreshed_and_the_post_is_published(
    deployment: Deployment, author: Author, addresses: Addresses, network: Network, proxy: Proxy
) -> None:
    first = await read_credential(deployment, author)
    expired = await expire_access_token(deployment, author, addresses)
    proxy.passed.clear()
    result = await author.publish("After two hours")
    assert [(call.method, call.status) for call in proxy.passed] == [(PUT, 400), (REFRESH, 200), (PUT, 200)]
    assert proxy.passed[1].body == b""
    assert [record["uri"] for record in await network.posts(author.person)] == [result["uri"]]
    renewed = await read_credential(deployment, author)
    assert renewed.secrets["access_jwt"] != expired
    assert renewed.secrets["refresh_jwt"] != first.secrets["refresh_jwt"]
    proxy.passed.clear()
    await author.publish("And on")
    assert proxy.methods() == [PUT]
    assert len((await author.post(result["postId"]))["attempts"]) == 1


async def test_image_and_its_post_need_one_refresh(
    deployment: Deployment, author: Author, addresses: Addresses, proxy: Proxy
) -> None:
    await expire_access_token(deployment, author, addresses)
    proxy.passed.clear()
    await author.publish("", media=[inline(picture("PNG", 8, 8))])
    assert proxy.methods() == [UPLOAD, REFRESH, UPLOAD, PUT]


@pytest.mark.parametrize("how", ["password_revoked", "signed_out"])
async def test_ended_session_holds_the_post_until_the_account_is_reconnected(
    how: str, deployment: Deployment, author: Author, addresses: Addresses, network: Network
) -> None:
    if how == "password_revoked":
        await network.revoke_app_password(author.person)
    else:
        credential = await read_credential(deployment, author)
        reply = await network.call("POST", DELETE, token=credential.secrets["refresh_jwt"])
        assert reply.status_code == 200, reply.text
    await expire_access_token(deployment, author, addresses)
    soon = SystemClock().now() + timedelta(seconds=4)
    [second] = (await author.submit("Held, too", scheduledAt=soon.isoformat()))["results"]
    result = await author.result("Held, then published")
    assert result["status"] == "held"
    assert result["error"]["code"] == "platform_auth_failed"
    assert (await author.account())["status"] == "reauth_required"
    await author.post_when(second["postId"], is_status("held"))
    assert await network.posts(author.person) == []

    again = await network.new_app_password(author.person.token, "once more")
    assert await connect(author.client, author.person, appPassword=again) == author
    assert (await author.account())["status"] == "active"
    post = await author.post_when(result["postId"], is_status("published"))
    await author.post_when(second["postId"], is_status("published"))
    records = await network.posts(author.person)
    assert [record["value"]["text"] for record in records] == ["Held, then published", "Held, too"]
    assert records[0]["uri"] == post["platformUri"]


async def test_post_of_a_deactivated_account_waits_for_its_reactivation(author: Author, network: Network) -> None:
    await network.call("POST", "com.atproto.server.deactivateAccount", token=author.person.token, json={})
    result = await author.result("Away, then back")
    assert (result["status"], result["error"]["platformResponse"]["error"]) == ("held", "AccountDeactivated")
    await network.call("POST", "com.atproto.server.activateAccount", token=author.person.token)
    assert await connect(author.client, author.person) == author
    post = await author.post_when(result["postId"], is_status("published"))
    assert [record["uri"] for record in await network.posts(author.person)] == [post["platformUri"]]


async def test_disconnecting_ends_the_session_on_the_server(
    deployment: Deployment, author: Author, network: Network, proxy: Proxy
) -> None:
    credential = await read_credential(deployment, author)
    proxy.passed.clear()
    reply = await author.client.call("DELETE", f"/v1/accounts/{author.account_id}")
    assert reply.status_code == 200, reply.text
    assert [(call.method, call.status) for call in proxy.passed] == [(DELETE, 200)]
    assert (await author.account())["status"] == "disconnected"
    refused = await network.call("POST", REFRESH, token=credential.secrets["refresh_jwt"])
    assert (refused.status_code, refused.json()["error"]) == (400, "ExpiredToken")


async def test_disconnected_account_publishes_again_when_reconnected(
    deployment: Deployment, author: Author, network: Network
) -> None:
    await author.client.call("DELETE", f"/v1/accounts/{author.account_id}")
    assert await connect(author.client, author.person) == author
    result = await author.publish("Back again")
    assert [record["uri"] for record in await network.posts(author.person)] == [result["uri"]]
