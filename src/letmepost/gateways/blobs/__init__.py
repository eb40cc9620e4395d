"""Stored media files: bytes under a key, written once, read in ranges, never completely in memory.

`store` defines the interface; `disk` and `s3` implement it. May import `domain`. Only `s3` and `s3_calls` import boto3,
and only if the deployment uses it.
"""

from letmepost.gateways.blobs.disk import DiskBlobStore
from letmepost.gateways.blobs.store import (
    BlobMissingError,
    BlobStore,
    BlobStoreUnavailableError,
    BlobTooLargeError,
    DirectUploads,
    PresignedPut,
    StoredBlob,
    read_range,
)

__all__ = [
    "BlobMissingError",
    "BlobStore",
    "BlobStoreUnavailableError",
    "BlobTooLargeError",
    "DirectUploads",
    "DiskBlobStore",
    "PresignedPut",
    "StoredBlob",
    "read_range",
]
