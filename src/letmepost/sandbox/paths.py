"""Return the world and the platform that a request names."""

import re
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request

from letmepost.platforms.contract import Platform

_WORLD = re.compile(r"[A-Za-z0-9_-]{1,64}")


def world_of(request: Request) -> str:
    """Return the world in the path.

    Raises:
        HTTPException: 404, the name is not valid.
    """
    world: str = request.path_params["world"]
    if _WORLD.fullmatch(world) is None:
        raise HTTPException(404, "There is no such world.")
    return world


def platform_of(request: Request, platforms: Mapping[str, Platform]) -> Platform:
    """Return the platform in the path.

    Raises:
        HTTPException: 404, there is no such platform.
    """
    name = request.path_params["platform"]
    platform = platforms.get(name)
    if platform is None:
        example = f"/main/{next(iter(platforms))}/"
        raise HTTPException(
            404,
            f"There is no network {name!r}. Paths begin with a world and a network, such as {example}. Networks: "
            f"{', '.join(platforms)}.",
        )
    return platform
