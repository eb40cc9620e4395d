"""Batches."""

from letmepost_client.batches import batch_operation
from letmepost_client.encoding import body_of, path_of
from letmepost_client.flow import Flow
from letmepost_client.inputs import AnySchedule, AnyTime
from letmepost_client.models.batches import BatchData
from letmepost_client.operations import AsyncResource, Resource, SyncResource


class BatchOperations(Resource):
    """Batches: what one request published."""

    @batch_operation
    def get(self, batch_id: str) -> Flow[BatchData]:
        """Return a batch."""
        return self._core.call("GET", path_of("/v1/batches/{}", batch_id), BatchData)

    @batch_operation
    def publish(
        self,
        batch_id: str,
        *,
        scheduled_at: AnyTime | None = None,
        schedule: AnySchedule | None = None,
        publish_now: bool | None = None,
        idempotency_key: str | None = None,
    ) -> Flow[BatchData]:
        """Publish a draft: at the given time, else at the time that an update gave it, else now.

        Args:
            publish_now: True publishes now, even if the draft has a time.
        """
        return self._core.call(
            "POST",
            path_of("/v1/batches/{}/publish", batch_id),
            BatchData,
            body=body_of({"scheduled_at": scheduled_at, "schedule": schedule, "publish_now": publish_now}),
            idempotency_key=idempotency_key,
        )

    @batch_operation
    def cancel(self, batch_id: str, *, idempotency_key: str | None = None) -> Flow[BatchData]:
        """Cancel every post of a batch that can still be canceled."""
        path = path_of("/v1/batches/{}", batch_id)
        return self._core.call("DELETE", path, BatchData, idempotency_key=idempotency_key)


class Batches(BatchOperations, SyncResource):
    """Batches: what one request published."""


class AsyncBatches(BatchOperations, AsyncResource):
    """Batches: what one request published."""
