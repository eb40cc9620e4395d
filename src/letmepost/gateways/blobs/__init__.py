"""Stored media: bytes under a key, written once, read in ranges, never whole in memory.

`store` says what a store promises; `disk` and `s3` keep it. May import `domain`; `s3` alone imports boto3, and only
when a deployment uses it.
"""

from letmepost.gateways.blobs.disk import DiskBlobStore
from letmepost.gateways.blobs.store import (
    BlobMissingError,
    BlobStore,
    BlobTooLargeError,
    DirectUploads,
    PresignedPut,
    StoredBlob,
    read_range,
)

__all__ = [
    "BlobMissingError",
    "BlobStore",
    "BlobTooLargeError",
    "DirectUploads",
    "DiskBlobStore",
    "PresignedPut",
    "StoredBlob",
    "read_range",
]
