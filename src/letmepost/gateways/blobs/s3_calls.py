"""Calls of boto3, with its errors as those of a blob store.

boto3 takes 25 MB of memory, which a deployment with a disk does not need. So it is imported when it is first used.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from letmepost.gateways.blobs.store import BlobMissingError, BlobStoreUnavailableError

_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
_CHANGED = frozenset({"412", "PreconditionFailed"})


def call(operation: Callable[..., Any], **params: Any) -> Any:
    """Call boto3.

    Raises:
        BlobMissingError: the object does not exist, or has changed.
        BlobStoreUnavailableError: the store does not respond, or rejects the call.
    """
    with _translated_errors(str(params.get("Key"))):
        return operation(**params)


def head(client: Any, bucket: str, key: str) -> dict[str, Any]:
    """Return the properties of an object.

    The response to HEAD has no body, so that its 404 may mean a missing object or a missing bucket. Therefore the
    bucket is checked before an object is reported as missing.

    Raises:
        BlobMissingError, BlobStoreUnavailableError: see `call`.
    """
    try:
        found: dict[str, Any] = call(client.head_object, Bucket=bucket, Key=key)
    except BlobMissingError:
        try:
            call(client.head_bucket, Bucket=bucket)
        except BlobMissingError as missing:
            raise BlobStoreUnavailableError(f"NoSuchBucket: the bucket {bucket} does not exist.") from missing
        raise
    return found


def read(client: Any, bucket: str, key: str, first_byte: int, length_bytes: int, etag: str) -> bytes:
    """Return a range of an object that has this ETag.

    Raises:
        BlobMissingError, BlobStoreUnavailableError: see `call`. Also if the store sends another range, because it
            ignores the header, for example.
    """
    wanted = f"bytes={first_byte}-{first_byte + length_bytes - 1}"
    with _translated_errors(key):
        reply = client.get_object(Bucket=bucket, Key=key, Range=wanted, IfMatch=etag)
        with reply["Body"] as body:
            data: bytes = body.read(length_bytes + 1)
    if len(data) != length_bytes:
        raise BlobStoreUnavailableError(f"The bucket answered a request for {length_bytes} bytes with another number.")
    return data


@contextmanager
def _translated_errors(key: str) -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see the docstring of the module

    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING | _CHANGED:
            raise BlobMissingError(f"There is no blob {key}.") from error
        raise BlobStoreUnavailableError(f"The bucket rejected a request. {error}") from error
    except BotoCoreError as error:
        raise BlobStoreUnavailableError(f"The bucket did not answer a request. {error}") from error
