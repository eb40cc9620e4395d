"""The options of Example."""

from typing import Literal

from letmepost.platforms.contract import Options


class ExampleOptions(Options):
    """Options of Example."""

    platform: Literal["example"] | None = None
    audience: Literal["everyone", "followers"] = "everyone"
