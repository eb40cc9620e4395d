"""Names of platforms in requests: a platform's own name, or an alias such as `x`."""

from typing import Annotated

from pydantic import AfterValidator

from letmepost.http.schemas.filters import OneOf, Values
from letmepost.platforms import discover

_ALIASES = {alias: platform.name for platform in discover().values() for alias in platform.aliases}


def without_alias(name: str) -> str:
    """Return the name of a platform, given that name or an alias."""
    return _ALIASES.get(name, name)


PlatformName = Annotated[str, AfterValidator(without_alias)]
"""A platform in a body or a path. The use case reports an unknown one."""

PlatformNames = Annotated[Values, OneOf(discover(), _ALIASES)]
"""A filter by platform."""
