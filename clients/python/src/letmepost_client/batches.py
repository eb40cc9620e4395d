"""Batches that can be waited for."""

import functools
import json
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, Generic, ParamSpec, Self, overload

from pydantic import PrivateAttr

from letmepost_client.core import Core
from letmepost_client.encoding import path_of
from letmepost_client.errors import ApiError, WaitTimedOut, error_of
from letmepost_client.flow import Flow, Pause
from letmepost_client.models.base import Model
from letmepost_client.models.batches import BatchData
from letmepost_client.operations import AsyncResource, SyncResource

P = ParamSpec("P")

FIRST_POLL_S = 0.5
SLOWEST_POLL_S = 5.0


class Batch(BatchData):
    """The result of a request: one post for each target. It is as it was when the server responded."""

    _resource: SyncResource = PrivateAttr()

    def wait(self, *, timeout_s: float = 120.0) -> "Batch":
        """Wait until nothing is queued or being published any more; return the batch as it is then.

        A scheduled batch is queued until its time. Check `status` and `results` of the returned batch.

        Raises:
            WaitTimedOut: it took longer than `timeout_s`. The batch is still being published.
            ApiError: the server responded with an error.
            ConnectionFailed: there was no response.
        """
        return bound(self._resource._runner.run(settled(self._resource._core, self, timeout_s)), self._resource)


class AsyncBatch(BatchData):
    """The result of a request: one post for each target. It is as it was when the server responded."""

    _resource: AsyncResource = PrivateAttr()

    async def wait(self, *, timeout_s: float = 120.0) -> "AsyncBatch":
        """Wait until nothing is queued or being published any more. See `Batch.wait`."""
        resource = self._resource
        return bound_async(await resource._runner.run(settled(resource._core, self, timeout_s)), resource)


class BulkItem(Model):
    """The response to one request of `posts.bulk`: `batch` if it was accepted, otherwise `error`."""

    status: int
    body: dict[str, Any]

    @property
    def batch(self) -> BatchData | None:
        return BatchData.model_validate(self.body) if self.status < 400 else None

    @property
    def error(self) -> ApiError | None:
        if self.status < 400:
            return None
        return error_of(json.dumps(self.body).encode(), status=self.status, request_id=None)


def bound(data: BatchData, resource: SyncResource) -> Batch:
    """Return a batch that can be waited for."""
    batch = Batch.model_construct(**dict(data))
    batch._resource = resource
    return batch


def bound_async(data: BatchData, resource: AsyncResource) -> AsyncBatch:
    """Return a batch that can be waited for."""
    batch = AsyncBatch.model_construct(**dict(data))
    batch._resource = resource
    return batch


def settled(core: Core, batch: BatchData, timeout_s: float) -> Flow[BatchData]:
    """Read a batch until it is settled; return it.

    Raises:
        WaitTimedOut: it took longer than `timeout_s`.
    """
    deadline = core.timing.monotonic() + timeout_s
    pause_s = FIRST_POLL_S
    while batch.status in {"queued", "publishing"}:
        left_s = deadline - core.timing.monotonic()
        if left_s <= 0:
            raise WaitTimedOut(batch, timeout_s)
        yield Pause(min(pause_s, left_s))
        pause_s = min(pause_s * 1.5, SLOWEST_POLL_S)
        batch = yield from core.call("GET", path_of("/v1/batches/{}", batch.id), BatchData)
    return batch


class batch_operation(Generic[P]):  # noqa: N801 - it is a decorator
    """Turn a flow that returns a batch into a method that returns a `Batch`, or a coroutine of an `AsyncBatch`."""

    def __init__(self, flow: Callable[Concatenate[Any, P], Flow[BatchData]]) -> None:
        self._flow = flow
        self.__doc__ = flow.__doc__

    @overload
    def __get__(self, resource: None, owner: type) -> Self: ...
    @overload
    def __get__(self, resource: SyncResource, owner: type) -> Callable[P, Batch]: ...
    @overload
    def __get__(self, resource: AsyncResource, owner: type) -> Callable[P, Coroutine[Any, Any, AsyncBatch]]: ...
    def __get__(self, resource: SyncResource | AsyncResource | None, owner: type) -> Any:
        if resource is None:
            return self
        return _waitable(self._flow, resource)


def _waitable(flow: Callable[..., Flow[BatchData]], resource: SyncResource | AsyncResource) -> Callable[..., Any]:
    """Return the method of a resource that runs a flow and returns its batch."""
    if isinstance(resource, SyncResource):

        @functools.wraps(flow)
        def method(*args: Any, **kwargs: Any) -> Batch:
            return bound(resource._runner.run(flow(resource, *args, **kwargs)), resource)

        return method

    @functools.wraps(flow)
    async def async_method(*args: Any, **kwargs: Any) -> AsyncBatch:
        return bound_async(await resource._runner.run(flow(resource, *args, **kwargs)), resource)

    return async_method
