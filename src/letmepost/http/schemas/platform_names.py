"""Names of platforms in requests: a platform's own name, or an alias such as `x`."""

from typing import Annotated

from pydantic import AfterValidator

from letmepost.domain import refusals
from letmepost.http.schemas.filters import OneOf, Values
from letmepost.platforms import discover
from letmepost.services.shapes import refused, shortened

_ALIASES = {alias: platform.name for platform in discover().values() for alias in platform.aliases}


def _without_alias(name: str) -> str:
    return _ALIASES.get(name, name)


def _known(name: str) -> str:
    found = _without_alias(name)
    if found not in discover():
        raise refused(refusals.requests.PLATFORM_UNKNOWN, given=shortened(name), known=", ".join(discover()))
    return found


PlatformName = Annotated[str, AfterValidator(_known)]
"""A platform in a body. An unknown one is rejected."""

PlatformInPath = Annotated[str, AfterValidator(_without_alias)]
"""A platform in a path. The use case reports an unknown one."""

PlatformNames = Annotated[Values, OneOf(discover(), _ALIASES)]
"""A filter by platform."""
