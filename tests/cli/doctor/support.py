"""How tests get parts."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from letmepost.cli.doctor.parts import Parts

OpenParts: TypeAlias = Callable[..., Awaitable[Parts]]
