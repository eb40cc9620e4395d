"""The state of the deployment."""

from collections.abc import Mapping
from typing import Literal

from letmepost.http.schemas.base import View


class ReadyView(View):
    """Whether the deployment can publish: of each part `ok`, or what is wrong with it.

    `degraded`: it serves and publishes, and somebody should look.
    """

    status: Literal["ready", "degraded", "not_ready"]
    parts: Mapping[str, str]
