"""The Python client of letmepost.

    from letmepost_client import Client

    with Client() as client:
        batch = client.posts.create(text="Hello", to="bluesky").wait()

`models` has the results, and `inputs` what the methods accept.
"""

from letmepost_client import webhooks
from letmepost_client.batches import AsyncBatch, Batch, BulkItem
from letmepost_client.client import AsyncClient, Client
from letmepost_client.encoding import OMITTED
from letmepost_client.errors import (
    ApiError,
    ConnectionFailed,
    IdempotencyConflict,
    InternalError,
    InvalidSignature,
    LetmepostError,
    NotFound,
    PlatformAuthFailed,
    PlatformNotEnabled,
    PlatformRejected,
    PlatformUnavailable,
    PreflightFailed,
    QuotaExceeded,
    RateLimited,
    RequestViolation,
    Unauthenticated,
    Unauthorized,
    ValidationFailed,
    WaitTimedOut,
)
from letmepost_client.pages import AsyncPages, Pages
from letmepost_client.streams import AsyncEventStream, EventStream
from letmepost_client.timing import Timing
from letmepost_client.version import __version__

__all__ = [
    "OMITTED",
    "ApiError",
    "AsyncBatch",
    "AsyncClient",
    "AsyncEventStream",
    "AsyncPages",
    "Batch",
    "BulkItem",
    "Client",
    "ConnectionFailed",
    "EventStream",
    "IdempotencyConflict",
    "InternalError",
    "InvalidSignature",
    "LetmepostError",
    "NotFound",
    "Pages",
    "PlatformAuthFailed",
    "PlatformNotEnabled",
    "PlatformRejected",
    "PlatformUnavailable",
    "PreflightFailed",
    "QuotaExceeded",
    "RateLimited",
    "RequestViolation",
    "Timing",
    "Unauthenticated",
    "Unauthorized",
    "ValidationFailed",
    "WaitTimedOut",
    "__version__",
    "webhooks",
]
