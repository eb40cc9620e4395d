"""Responses of the API, and the command line that receives them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import respx

from tests.cli.support import Run, run

URL = "https://api.test"
KEY = "lmp_test_key"
AT = "2026-12-01T09:00:00.000Z"


@dataclass(frozen=True, slots=True)
class Shell:
    """Runs commands with an API key in the environment.

    Attributes:
        home: has the configuration.
    """

    api: respx.MockRouter
    home: Path
    environment: Mapping[str, str]

    def run(self, *words: str, stdin: str | None = None, **variables: str) -> Run:
        return run({**self.environment, **variables}, *words, stdin=stdin)

    def responds(self, method: str, path: str, body: Mapping[str, Any], status: int = 200) -> respx.Route:
        """Let the API respond to an operation."""
        return self.api.route(method=method, path=path).mock(httpx.Response(status, json=dict(body)))

    def has_accounts(self, *accounts: Mapping[str, Any]) -> respx.Route:
        return self.responds("GET", "/v1/accounts", {"data": list(accounts), "nextCursor": None})


def account(number: int, platform: str = "double", handle: str | None = None, status: str = "active") -> dict[str, Any]:
    return {
        "id": f"acc_{number}",
        "profileId": "prof_1",
        "platform": platform,
        "platformAccountId": str(number),
        "handle": handle or f"user{number}.test",
        "status": status,
        "scopes": [],
        "missingFeatures": [],
        "health": {"state": "healthy"},
        "createdAt": AT,
        "updatedAt": AT,
    }


def platforms(**titles: str) -> dict[str, Any]:
    """Return the JSON of a list of platforms, by their names and titles."""
    fixed = {
        "state": "stable",
        "canUnpublish": True,
        "canReadBack": True,
        "limits": [],
        "optionsSchema": {},
        "needsServer": False,
        "features": {},
        "scenarios": [],
        "resources": [],
    }
    return {"data": [{"platform": name, "title": title, **fixed} for name, title in titles.items()]}


def batch(*statuses: str, status: str = "published", **changes: Any) -> dict[str, Any]:
    """Return the JSON of a batch with a post for each status."""
    results = [
        {"accountId": f"acc_{number}", "platform": "double", "postId": f"post_{number}", "status": one}
        for number, one in enumerate(statuses, 1)
    ]
    return {"id": "batch_1", "status": status, "createdAt": AT, "results": results, **changes}


def post(status: str = "published", **changes: Any) -> dict[str, Any]:
    return {
        "id": "post_1",
        "batchId": "batch_1",
        "profileId": "prof_1",
        "accountId": "acc_1",
        "account": {"id": "acc_1", "platform": "double", "platformAccountId": "1"},
        "platform": "double",
        "status": status,
        "text": "Hello",
        "mediaRefs": [],
        "metadata": {},
        "attempts": [],
        "createdAt": AT,
        "updatedAt": AT,
        **changes,
    }


def media(number: int) -> dict[str, Any]:
    return {"id": f"med_{number}", "profileId": "prof_1", "status": "ready", "kind": "image", "createdAt": AT}


def current_key(organization: str = "org_1", mode: str = "test") -> dict[str, Any]:
    key = {"id": "key_1", "name": "mine", "prefix": "lmp_test_", "last4": "_key", "scopes": ["*"], "createdAt": AT}
    return {"organization": {"id": organization, "name": "Acme"}, "mode": mode, "key": key}


def error(code: str, message: str = "Something is wrong.", **fields: Any) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "requestId": "req_1", **fields}}
