"""The state of the deployment."""

from collections.abc import Mapping
from typing import Literal

from letmepost.http.schemas.base import View


class ReadyView(View):
    """Whether the deployment can publish: of each part `ok`, or what is wrong with it."""

    status: Literal["ready", "not_ready"]
    parts: Mapping[str, str]
