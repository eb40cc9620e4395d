"""The platforms, one folder each. They may import `domain` and pydantic, and use no socket, clock or database.

Folders are discovered; no other code names a platform.
"""

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType

from letmepost.platforms.contract import Platform


@cache
def discover() -> Mapping[str, Platform]:
    """Return every platform by name: the sub-packages with names that do not start with an underscore."""
    names = sorted(
        module.name for module in pkgutil.iter_modules(__path__) if module.ispkg and not module.name.startswith("_")
    )
    return MappingProxyType({name: import_module(f"{__name__}.{name}").PLATFORM for name in names})
