"""Everything about each network, a folder each. May import `domain` and pydantic: no socket, no clock, no database.

A folder is found by its being here; nothing outside it names it.
"""

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType

from letmepost.platforms.contract import Platform


@cache
def discover() -> Mapping[str, Platform]:
    """Every platform by name: the sub-packages of this one whose names do not start with an underscore."""
    names = sorted(
        module.name for module in pkgutil.iter_modules(__path__) if module.ispkg and not module.name.startswith("_")
    )
    return MappingProxyType({name: import_module(f"{__name__}.{name}").PLATFORM for name in names})
