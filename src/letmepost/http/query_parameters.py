"""Rejects query parameters that an operation does not declare.

FastAPI ignores them. A filter that is ignored selects everything, so a misspelled one has to be an error.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, get_origin

from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params, request_params_to_args
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import QueryParams


class DeclaredQuery:
    """The query parameters of one route."""

    def __init__(self, dependant: Dependant) -> None:
        self._fields = dependant.query_params
        # Of a parameter that is a model, each field is a query parameter.
        declared = get_flat_params(Dependant(query_params=self._fields))
        self._names = tuple(field.alias for field in declared)
        self._lists = {field.alias for field in declared if get_origin(field.field_info.annotation) in {Sequence, list}}

    def check(self, query: QueryParams) -> None:
        """Accept a query whose parameters are all declared, and that repeats only parameters that take several values.

        Raises:
            RequestValidationError: with every problem of the query, values included.
        """
        if not query:
            return
        problems = [*self._name_problems(query)]
        if problems:
            _, value_problems = request_params_to_args(self._fields, query)
            raise RequestValidationError([*problems, *value_problems])

    def _name_problems(self, query: QueryParams) -> Iterator[dict[str, Any]]:
        counts = Counter(name for name, _ in query.multi_items())
        for name, count in counts.items():
            if name not in self._names:
                yield _problem("extra_forbidden", name, "unknown query parameter", allowed=self._names)
            elif count > 1 and name not in self._lists:
                yield _problem("repeated", name, f"was sent {count} times")


def _problem(kind: str, name: str, message: str, **context: Any) -> dict[str, Any]:
    return {"type": kind, "loc": ("query", name), "msg": message, "ctx": context}
