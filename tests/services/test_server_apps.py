"""Registering an app at a server, with the address rules of a deployment on the public internet."""

from datetime import timedelta

import pytest

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.gateways.addresses import AddressPolicy
from letmepost.services.accounts import server_apps
from letmepost.services.accounts.connect import PreparedFlow
from letmepost.services.accounts.server_apps import ChosenApp
from letmepost.services.platform_access import Access
from letmepost.services.platform_clock import PlatformClock
from letmepost.storage.accounts.server_apps import AppKey
from tests.doubles.federated import NAME, SERVERS, Settings, federated
from tests.gateways.support import DEVELOPMENT, Connection, Names, calling, serving
from tests.storage.support import CLOCK

REDIRECT_URI = "https://post.example/callback"
PUBLIC = AddressPolicy()
NAMES = {
    "private.example": [["10.0.0.5"]],
    "own.example": [["::1"]],
    "mixed.example": [["93.184.215.14", "127.0.0.1"]],
    "plain.example": [["93.184.215.14"]],
}


async def failure_of(server: str, *, scheme: str = "https", policy: AddressPolicy = PUBLIC) -> PlatformFailure:
    """Return the failure of a registration."""
    settings = Settings(scheme=scheme)
    async with calling(policy, Names(NAMES)) as http:
        flow = SERVERS.register(server, REDIRECT_URI, settings)
        registration = PreparedFlow(Access(federated(), settings, http), flow, PlatformClock(CLOCK, timedelta()))
        key = AppKey(platform=NAME, server=server, redirect_uri=REDIRECT_URI)
        with pytest.raises(PlatformFailure) as raised:
            await server_apps.register(ChosenApp(key=key, app=None, registration=registration))
    assert raised.value.platform == NAME
    return raised.value


async def test_names_of_private_and_unknown_servers_are_rejected_with_the_same_message() -> None:
    """Otherwise callers could find out which names exist in the private network."""
    messages = set()
    for server in ("private.example", "own.example", "mixed.example", "unknown.example"):
        failure = await failure_of(server)
        assert (failure.rule, failure.kind) == ("connect.server_unaddressable", FailureKind.REJECTED)
        messages.add(failure.message.replace(server, "NAME"))
    assert messages == {
        "The server NAME cannot be called: The name NAME does not resolve to a public address.",
    }


async def test_server_without_tls_is_rejected() -> None:
    failure = await failure_of("plain.example", scheme="http")
    assert failure.rule == "connect.server_unaddressable"
    assert "is not https" in failure.message


async def test_server_that_does_not_answer_is_unavailable() -> None:
    async def hang_up(connection: Connection) -> None:
        await connection.receive()

    async with serving(hang_up) as server:
        failure = await failure_of(f"127.0.0.1:{server.port}", scheme="http", policy=DEVELOPMENT)
    assert (failure.rule, failure.kind) == (None, FailureKind.UNAVAILABLE)
