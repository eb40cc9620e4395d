"""Every status that a test observes is in the OpenAPI description."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2

DESCRIPTION = Path(__file__).parents[1] / "openapi/openapi.json"


class DocumentedStatuses:
    """Fails a test at the first response with a status that its operation does not document.

    Each test process checks for itself, and no response is collected, so that it works with any number of processes.
    """

    def __init__(self, description: Mapping[str, Any]) -> None:
        # A path without parameters comes before one that has parameters in the same place.
        paths = sorted(description["paths"].items(), key=lambda item: item[0].count("{"))
        self._paths = [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), operations) for path, operations in paths]

    @classmethod
    def load(cls) -> "DocumentedStatuses":
        """Read the committed description."""
        return cls(json.loads(DESCRIPTION.read_text(encoding="utf-8")))

    async def check(self, reply: httpx2.Response) -> None:
        """Check a response. Paths and methods that the API does not have are not part of the description."""
        method, path = reply.request.method, reply.request.url.path.rstrip("/")
        operations: Mapping[str, Any] = next((found for pattern, found in self._paths if pattern.fullmatch(path)), {})
        operation = operations.get(method.lower())
        if operation is not None and str(reply.status_code) not in operation["responses"]:
            raise UndocumentedStatusError(f"{method} {path} returned {reply.status_code}: {operation['operationId']}")


class UndocumentedStatusError(AssertionError):
    """Add the status to the operation in `letmepost.http.describing`, and run `make openapi`."""
