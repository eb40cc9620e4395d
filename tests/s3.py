"""An S3-compatible store on loopback."""

from collections.abc import Iterator

import pytest

from letmepost.gateways.blobs.s3 import Bucket

BUCKET = "letmepost-media"


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    """Run the store with one empty bucket; yield its URL."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - it takes seconds, and few tests need it

    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    create_bucket(url)
    yield url
    server.stop()


def create_bucket(url: str) -> None:
    """Create the empty bucket of the tests."""
    import boto3  # noqa: PLC0415 - it takes seconds, and few tests need it

    keys = bucket(url)
    client = boto3.session.Session().client(
        "s3",
        endpoint_url=url,
        region_name=keys.region,
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
    )
    client.create_bucket(Bucket=BUCKET)
    client.close()


def bucket(url: str, name: str = BUCKET) -> Bucket:
    """Return the settings of a bucket for a deployment."""
    return Bucket(
        name=name, endpoint=url, region="us-east-1", access_key_id="test-key", secret_access_key="test-secret"
    )
