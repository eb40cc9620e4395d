"""Methods that are written once, for the synchronous and the asynchronous client.

A resource such as `PostOperations` has the methods as flows. `Posts` runs them synchronously and `AsyncPosts`
asynchronously: each decorator below is a descriptor, and the class of the resource selects the type of the method.
"""

import functools
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

from pydantic import BaseModel

from letmepost_client.core import Core
from letmepost_client.flow import Flow
from letmepost_client.models.base import Page
from letmepost_client.pages import AsyncPages, Pages
from letmepost_client.runners import AsyncRunner, SyncRunner

P = ParamSpec("P")
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


class operation(Generic[P, T]):  # noqa: N801 - it is a decorator
    """Turn a flow into a method that returns the flow's result, or into a coroutine function."""

    def __init__(self, flow: Callable[Concatenate[Any, P], Flow[T]]) -> None:
        self._flow = flow
        self.__doc__ = flow.__doc__

    @overload
    def __get__(self, resource: None, owner: type) -> Self: ...
    @overload
    def __get__(self, resource: SyncResource, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, resource: AsyncResource, owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, resource: SyncResource | AsyncResource | None, owner: type) -> Any:
        if resource is None:
            return self

        @functools.wraps(self._flow)
        def method(*args: P.args, **kwargs: P.kwargs) -> Any:
            return resource._runner.run(self._flow(resource, *args, **kwargs))

        return method


class listing(Generic[P, T]):  # noqa: N801 - it is a decorator
    """Turn a function that describes a list into a method that returns `Pages` or `AsyncPages`."""

    def __init__(self, describe: Callable[Concatenate[Any, P], "ListCall[T]"]) -> None:
        self._describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, resource: None, owner: type) -> Self: ...
    @overload
    def __get__(self, resource: SyncResource, owner: type) -> Callable[P, Pages[T]]: ...
    @overload
    def __get__(self, resource: AsyncResource, owner: type) -> Callable[P, AsyncPages[T]]: ...
    def __get__(self, resource: SyncResource | AsyncResource | None, owner: type) -> Any:
        if resource is None:
            return self

        @functools.wraps(self._describe)
        def method(*args: P.args, **kwargs: P.kwargs) -> Any:
            wanted = self._describe(resource, *args, **kwargs)
            if isinstance(resource, SyncResource):
                run = resource._runner.run
                return Pages(lambda cursor: run(wanted.fetch(cursor)), wanted.cursor)
            run_async = resource._runner.run
            return AsyncPages(lambda cursor: run_async(wanted.fetch(cursor)), wanted.cursor)

        return method
