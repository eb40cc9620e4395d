"""Constant SQL is valid, and PostgreSQL can infer the types of its parameters."""

import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping

from letmepost import storage
from tests.storage.support import Admin

_STATEMENT = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b")


async def test_every_constant_statement_can_be_prepared(admin: Admin) -> None:
    statements = dict(_statements())
    assert len(statements) > 40
    for text in statements.values():
        if "{" not in text.replace("'{}'", ""):  # a template is completed by its function
            await admin.connection.prepare(text)


def _statements() -> Iterator[tuple[str, str]]:
    """Yield the statements among the constants of the storage modules, by name."""
    for module in pkgutil.walk_packages(storage.__path__, f"{storage.__name__}."):
        for name, value in vars(importlib.import_module(module.name)).items():
            values: Mapping[object, object] = value if isinstance(value, Mapping) else {"": value}
            for key, text in values.items():
                if isinstance(text, str) and _STATEMENT.match(text):
                    yield f"{module.name}.{name}{key}", text
