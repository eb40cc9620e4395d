"""Connecting accounts of a real server."""

from typing import Any

import httpx2

from tests.deployment import Client
from tests.pds.authors import connect, connect_body
from tests.pds.network import Network, Person

COMPLETE = "/v1/accounts/connect/bluesky/complete"


async def test_account_is_connected_with_a_handle_and_an_app_password(client: Client, alice: Person) -> None:
    reply = await client.post(COMPLETE, connect_body(alice))
    assert reply.status_code == 201, reply.text
    account = reply.json()
    assert account["platform"] == "bluesky"
    assert account["platformAccountId"] == alice.did
    assert account["handle"] == alice.handle
    assert account["status"] == "active"
    assert alice.app_password not in reply.text


async def test_did_address_and_handle_lead_to_the_same_account(client: Client, alice: Person) -> None:
    author = await connect(client, alice)
    for identifier in (alice.did, alice.email, f"@{alice.handle.upper()} "):
        again = await client.post(COMPLETE, connect_body(alice, identifier=identifier))
        assert again.status_code == 200, again.text
        assert again.json()["id"] == author.account_id
        assert again.json()["handle"] == alice.handle


async def test_server_of_the_account_can_be_named(client: Client, network: Network, alice: Person) -> None:
    author = await connect(client, alice, pdsUrl=f"{network.addresses.pds}/")
    assert (await author.account())["platformAccountId"] == alice.did
    await author.publish("From a named server")


async def test_wrong_password_is_rejected_and_stores_nothing(client: Client, alice: Person) -> None:
    reply = await client.post(COMPLETE, connect_body(alice, appPassword="abcd-efgh-ijkl-mnop"))
    assert reply.status_code == 400
    error = _error(reply)
    assert error["code"] == "platform_rejected"
    assert "app password" in error["remediation"]
    assert (await client.get("/v1/accounts")).json()["data"] == []


async def test_revoked_app_password_is_rejected(client: Client, network: Network) -> None:
    person = await network.sign_up()
    await network.revoke_app_password(person)
    reply = await client.post(COMPLETE, connect_body(person))
    assert reply.status_code == 400
    assert _error(reply)["code"] == "platform_rejected"


async def test_unused_handle_is_rejected(client: Client, alice: Person) -> None:
    reply = await client.post(COMPLETE, connect_body(alice, identifier="unknown-handle.test"))
    assert reply.status_code == 400
    assert _error(reply)["rule"] == "bluesky.connect.handle_unresolved"


async def test_unregistered_did_is_rejected(client: Client, alice: Person) -> None:
    reply = await client.post(COMPLETE, connect_body(alice, identifier=f"did:plc:{'a' * 24}"))
    assert reply.status_code == 400
    assert _error(reply)["rule"] == "bluesky.connect.did_unresolved"


async def test_address_without_a_server_is_rejected(client: Client, network: Network, alice: Person) -> None:
    reply = await client.post(COMPLETE, connect_body(alice, pdsUrl=network.addresses.plc))
    assert reply.status_code == 400
    assert _error(reply)["rule"] == "bluesky.connect.not_a_server"


async def test_two_people_are_two_accounts(client: Client, alice: Person, bob: Person) -> None:
    authors = [await connect(client, person) for person in (alice, bob)]
    listed = (await client.get("/v1/accounts")).json()["data"]
    assert [account["id"] for account in listed] == [author.account_id for author in reversed(authors)]


def _error(reply: httpx2.Response) -> dict[str, Any]:
    error: dict[str, Any] = reply.json()["error"]
    return error
