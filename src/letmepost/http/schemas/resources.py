"""The resources of accounts that the platforms declare, by name."""

from collections.abc import Mapping

from letmepost.platforms import discover
from letmepost.platforms.contract import Resource


def _by_name() -> Mapping[str, tuple[Resource, ...]]:
    found: dict[str, tuple[Resource, ...]] = {}
    for platform in discover().values():
        for resource in platform.resources:
            found[resource.name] = (*found.get(resource.name, ()), resource)
    return found


RESOURCES = _by_name()


def route_name(resource_name: str) -> str:
    """Return the name of the route that reads a resource."""
    return f"get_account_{resource_name.replace('-', '_')}"
