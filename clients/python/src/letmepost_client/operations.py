"""Methods that are written once, for the synchronous and the asynchronous client.

A resource such as `PostOperations` has the methods as flows. `Posts` runs them synchronously and `AsyncPosts`
asynchronously: a `Method` is a descriptor, so the class of the resource selects the type of the method.
"""

import functools
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from types import MethodType
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

from pydantic import BaseModel

from letmepost_client.core import Core
from letmepost_client.flow import Flow
from letmepost_client.models.base import Page
from letmepost_client.pages import AsyncPages, Pages
from letmepost_client.runners import AsyncRunner, SyncRunner

P = ParamSpec("P")
S = TypeVar("S")
A = TypeVar("A")
T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


class Resource:
    """A group of operations."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def _list(
        self, path: str, page: type[Page[M]], *, cursor: str | None, limit: int | None, **filters: object
    ) -> "ListCall[M]":
        """Describe a list at a path.

        Args:
            limit: the number of items in a page.
        """

        def fetch(position: str | None) -> Flow[Page[M]]:
            return self._core.call("GET", path, page, query={**filters, "limit": limit, "cursor": position})

        return ListCall(cursor, fetch)


@dataclass(frozen=True, slots=True)
class ListCall(Generic[T]):
    """How to request a list: from where, and how to request a page."""

    cursor: str | None
    fetch: Callable[[str | None], Flow[Page[T]]]


class SyncResource(Resource):
    """A group of operations of `Client`."""

    def __init__(self, core: Core, runner: SyncRunner) -> None:
        super().__init__(core)
        self._runner = runner


class AsyncResource(Resource):
    """A group of operations of `AsyncClient`."""

    def __init__(self, core: Core, runner: AsyncRunner) -> None:
        super().__init__(core)
        self._runner = runner


class Method(Generic[P, S, A]):
    """A method that returns `S` in a `SyncResource`, and `A` in an `AsyncResource`."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    @overload
    def __get__(self, resource: None, owner: type) -> Self: ...
    @overload
    def __get__(self, resource: SyncResource, owner: type) -> Callable[P, S]: ...
    @overload
    def __get__(self, resource: AsyncResource, owner: type) -> Callable[P, A]: ...
    def __get__(self, resource: SyncResource | AsyncResource | None, owner: type) -> Any:
        return self if resource is None else MethodType(self._function, resource)


def operation(flow: Callable[Concatenate[Any, P], Flow[T]]) -> Method[P, T, Coroutine[Any, Any, T]]:
    """Turn a flow into a method that returns the flow's result, or a coroutine of it."""

    @functools.wraps(flow)
    def method(resource: SyncResource | AsyncResource, *args: P.args, **kwargs: P.kwargs) -> Any:
        return resource._runner.run(flow(resource, *args, **kwargs))

    return Method(method)


def listing(describe: Callable[Concatenate[Any, P], ListCall[T]]) -> Method[P, Pages[T], AsyncPages[T]]:
    """Turn the description of a list into a method that returns the list."""

    @functools.wraps(describe)
    def method(resource: SyncResource | AsyncResource, *args: P.args, **kwargs: P.kwargs) -> Pages[T] | AsyncPages[T]:
        wanted = describe(resource, *args, **kwargs)
        if isinstance(resource, SyncResource):
            run = resource._runner.run
            return Pages(lambda cursor: run(wanted.fetch(cursor)), wanted.cursor)
        run_async = resource._runner.run
        return AsyncPages(lambda cursor: run_async(wanted.fetch(cursor)), wanted.cursor)

    return Method(method)
