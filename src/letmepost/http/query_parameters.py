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

from letmepost.domain import refusals
from letmepost.services.shapes import REFUSED, closest


class DeclaredQuery:
    """The query parameters of one route."""

    def __init__(self, dependant: Dependant) -> None:
        self._fields = dependant.query_params
        # Each field of a parameter that is a model is a query parameter.
        declared = get_flat_params(Dependant(query_params=self._fields))
        self._names = tuple(field.alias for field in declared)
        self._lists = {field.alias for field in declared if get_origin(field.field_info.annotation) in {Sequence, list}}

    def check(self, query: QueryParams) -> None:
        """Check that all parameters are declared, and that only parameters with several values are repeated.

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
                yield _problem(name, refusals.fields.UNKNOWN_PARAMETER, **self._advice(name))
            elif count > 1 and name not in self._lists:
                yield _problem(name, refusals.fields.REPEATED_PARAMETER, count=count)

    def _advice(self, name: str) -> dict[str, str | None]:
        if not self._names:
            return {"advice": "Remove it: this operation has no query parameters."}
        suggestion = closest(name, self._names)
        meant = "" if suggestion is None else f"Send `{suggestion}` instead. "
        return {"suggestion": suggestion, "advice": f"{meant}Query parameters: {', '.join(self._names)}."}


def _problem(name: str, refusal: refusals.Refusal, **parameters: Any) -> dict[str, Any]:
    """Return a problem in the form of pydantic's."""
    return {"type": REFUSED, "loc": ("query", name), "msg": "", "ctx": {"refusal": refusal, "parameters": parameters}}
