"""Types for opening the parts of a deployment."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from letmepost.cli.doctor.parts import Parts

OpenParts: TypeAlias = Callable[..., Awaitable[Parts]]
