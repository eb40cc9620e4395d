"""Resources of the consenting network and their changes, under every name that a platform declares."""

from dataclasses import replace
from functools import partial

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Call, Effect, Flow
from letmepost.http.schemas.resources import CHANGES, RESOURCES
from letmepost.platforms.resources import ChangedResource, Resource, ResourceBody, ResourceView
from tests.doubles.consenting import Settings
from tests.doubles.platform import explain


class Names(ResourceView):
    """The names that the network returns."""

    data: list[str]
    last_name: str | None


class Changed(ResourceView):
    """The account that was changed, and what it preferred before."""

    id: str
    earlier: int


def read(account: AccountFacts, settings: Settings) -> Flow[ResourceView]:
    call = Call(method="GET", url=f"{settings.base_url}/accounts")
    reply = yield call
    if not reply.ok:
        raise explain(call, reply)
    return Names(data=list(reply.data()["names"]), last_name=None)


def change(account: AccountFacts, body: ResourceBody, settings: Settings, *, can_create: bool) -> Flow[ChangedResource]:
    """Count the changes of the account in its preferences. The first one creates something, if it can."""
    del body  # each name has its own
    call = Call(method="GET", url=f"{settings.base_url}/accounts", effect=Effect.WRITE)
    reply = yield call
    if not reply.ok:
        raise explain(call, reply)
    earlier = account.preferences.get("changes", 0)
    return ChangedResource(
        view=lambda account_id: Changed(id=account_id, earlier=earlier),
        is_new=can_create and earlier == 0,
        preferences={"changes": earlier + 1},
    )


DECLARED = tuple(Resource(name=name, summary="List names.", view=Names, read=read) for name in RESOURCES)
DECLARED_CHANGES = tuple(
    replace(one, summary="Change it.", view=Changed, run=partial(change, can_create=one.method == "POST"))
    for one in CHANGES
)
