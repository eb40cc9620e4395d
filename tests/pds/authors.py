"""Accounts of people on the network, connected with a live key."""

from dataclasses import dataclass
from typing import Any

from tests import authors
from tests.deployment import Client
from tests.pds.network import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Author(authors.Author):
    """A person's account, connected by a caller."""

    person: Person


def connect_body(person: Person, **changes: Any) -> dict[str, Any]:
    """Return the input that connects a person's account."""
    return {"identifier": person.handle, "appPassword": person.app_password, **changes}


async def connect(client: Client, person: Person, **changes: Any) -> Author:
    """Connect an account, or connect it again."""
    reply = await client.post("/v1/accounts/connect/bluesky/complete", connect_body(person, **changes))
    assert reply.status_code in {200, 201}, reply.text
    return Author(client=client, person=person, account_id=reply.json()["id"])
