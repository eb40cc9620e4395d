"""The interface of resources: what a platform has for an account, besides posts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Flow


class ResourceView(BaseModel):
    """A part of the response of a resource: camelCase in JSON. A field without a value is null."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, serialize_by_alias=True, validate_by_name=True)

    def encode(self) -> bytes:
        """Return the view as JSON."""
        return self.model_dump_json().encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """What a platform has for an account, besides posts: pages, boards, playlists. It is read when a caller asks.

    Args:
        name: the last part of the path `GET /v1/accounts/{id}/…`. Resources of several platforms may share it.
        summary: what the response contains, for the OpenAPI description.
        view: the schema of the response. A list is in a field `data`.
        read: returns a `view`; raises `PlatformFailure`. It must not change anything.
    """

    name: str
    summary: str
    view: type[ResourceView]
    read: Callable[[AccountFacts, Any], Flow[ResourceView]]


class ResourceBody(BaseModel):
    """The body of a request that changes a resource: a closed schema, camelCase in JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, validate_by_alias=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedResource:
    """The result of a change.

    Args:
        view: returns the response. Its argument is the id of the account in this service's API.
        is_new: True if the change created something on the platform.
        preferences: the preferences of the account that change, by name.
    """

    view: Callable[[str], ResourceView]
    is_new: bool = False
    preferences: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceChange:
    """A request that changes what a platform has for an account, or what the account prefers.

    Args:
        method: POST if it can create something, PATCH if it only changes what there is.
        name: the last part of the path `…/v1/accounts/{id}/…`. No other platform has a change with the same method and
            name.
        summary: what it does, for the OpenAPI description.
        body: the schema of the request.
        view: the schema of the response.
        run: makes the change with READ and WRITE calls, and returns its result; raises `PlatformFailure`. It may run
            again if its result was not stored.
    """

    method: Literal["POST", "PATCH"]
    name: str
    summary: str
    body: type[ResourceBody]
    view: type[ResourceView]
    run: Callable[[AccountFacts, Any, Any], Flow[ChangedResource]]
