"""Resources of the consenting network, under every name that a platform declares."""

from letmepost.domain.flow import Call, Flow
from letmepost.http.schemas.resources import RESOURCES
from letmepost.platforms.contract import AccountFacts, Resource, ResourceView
from tests.doubles.consenting import Settings
from tests.doubles.platform import explain


class Names(ResourceView):
    """The names that the network returns."""

    data: list[str]
    last_name: str | None


def read(account: AccountFacts, settings: Settings) -> Flow[ResourceView]:
    call = Call(method="GET", url=f"{settings.base_url}/accounts")
    reply = yield call
    if not reply.ok:
        raise explain(call, reply)
    return Names(data=list(reply.data()["names"]), last_name=None)


DECLARED = tuple(Resource(name=name, summary="List names.", view=Names, read=read) for name in RESOURCES)
