"""The resources of accounts that the platforms declare, by name, and their changes."""

from collections.abc import Mapping

from letmepost.platforms import discover
from letmepost.platforms.resources import Resource, ResourceChange


def _by_name() -> Mapping[str, tuple[Resource, ...]]:
    found: dict[str, tuple[Resource, ...]] = {}
    for platform in discover().values():
        for resource in platform.resources:
            found[resource.name] = (*found.get(resource.name, ()), resource)
    return found


RESOURCES = _by_name()
CHANGES: tuple[ResourceChange, ...] = tuple(change for platform in discover().values() for change in platform.changes)
"""The changes that the platforms declare."""

_VERBS = {"GET": "get", "POST": "create", "PATCH": "change"}


def route_name(method: str, resource_name: str) -> str:
    """Return the name of the route that reads or changes a resource."""
    return f"{_VERBS[method]}_account_{resource_name.replace('-', '_').replace('/', '_')}"
