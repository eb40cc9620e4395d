"""Which world and which platform a request is about."""

import re
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request

from letmepost.platforms.contract import Platform

_WORLD = re.compile(r"[A-Za-z0-9_-]{1,64}")


def world_of(request: Request) -> str:
    """The world that the path names.

    Raises:
        HTTPException: 404, no world could have that name.
    """
    world: str = request.path_params["world"]
    if _WORLD.fullmatch(world) is None:
        raise HTTPException(404, "There is no such world.")
    return world


def platform_of(request: Request, platforms: Mapping[str, Platform]) -> Platform:
    """The platform that the path names.

    Raises:
        HTTPException: 404, it is not one of ours.
    """
    platform = platforms.get(request.path_params["platform"])
    if platform is None:
        raise HTTPException(404, "There is no such platform.")
    return platform
