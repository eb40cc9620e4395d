"""Publishes a post with a picture, and verifies the webhook that reports it. Prints the id of the post.

Runs in `.venv/clients`, beside the package `letmepost_client`, which is generated from the OpenAPI description.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import TypeVar

from httpx import Timeout
from letmepost_client import AuthenticatedClient
from letmepost_client.api.events import list_events
from letmepost_client.api.media import upload_media
from letmepost_client.api.posts import create_post
from letmepost_client.api.sandbox import create_sandbox_account
from letmepost_client.api.webhooks import create_webhook_endpoint, send_test_event
from letmepost_client.models import (
    Account,
    Batch,
    BlueskyOptions,
    CreatePost,
    CreateSandboxAccount,
    CreateWebhookEndpoint,
    ErrorEnvelope,
    EventPage,
    EventType,
    ListEventsTypeItem,
    Media,
    MediaAttachment,
    NewWebhookEndpoint,
    PostEvent,
    PostStatus,
    RuleViolation,
    Target,
    TestDelivery,
    UploadMediaBody,
)
from letmepost_client.types import File
from standardwebhooks import Webhook, WebhookVerificationError

T = TypeVar("T")


def main(api: str, key: str, platform: str, picture: Path) -> str:
    """Return the id of the published post."""
    client = AuthenticatedClient(base_url=api, token=key, timeout=Timeout(60))
    with receiving() as (url, deliveries):
        account = expect(Account, create_sandbox_account.sync(client=client, body=CreateSandboxAccount(platform)))
        wanted = CreateWebhookEndpoint(url=url, events=[EventType.POST_PUBLISHED])
        endpoint = expect(NewWebhookEndpoint, create_webhook_endpoint.sync(client=client, body=wanted))
        file = File(BytesIO(picture.read_bytes()), "picture.png", "image/png")
        media = expect(Media, upload_media.sync(client=client, body=UploadMediaBody(file)))
        # Only `targets` is required: every field with a default may be left out.
        request = CreatePost(
            targets=[Target(account_id=account.id, options=BlueskyOptions(langs=["en"]))],
            text="Hello from Python",
            media=[MediaAttachment(media_id=media.id, alt_text="A red picture")],
        )
        batch = expect(Batch, create_post.sync(client=client, body=request, idempotency_key="python-1"))
        [result] = batch.results
        assert result.status is PostStatus.PUBLISHED, batch
        check_error(client, account.id)
        # Without a body, all of its fields have their defaults.
        expect(TestDelivery, send_test_event.sync(endpoint.id, client=client))
        events = [verified(endpoint.signing_secret, *deliveries.get(timeout=30)) for _ in range(2)]
        assert result.post_id in {event.data.post_id for event in events}
    page = expect(EventPage, list_events.sync(client=client, type_=[ListEventsTypeItem.POST_PUBLISHED]))
    [listed] = page.data
    assert isinstance(listed, PostEvent)
    assert listed.data.post_id == result.post_id
    return result.post_id


def check_error(client: AuthenticatedClient, account_id: str) -> None:
    """Check that an error has its fields."""
    body = CreatePost(targets=[Target(account_id=account_id)], text="x" * 5000)
    refused = expect(ErrorEnvelope, create_post.sync(client=client, body=body))
    assert refused.error.code == "preflight_failed"
    assert refused.error.violations
    violation = refused.error.violations[0]
    assert isinstance(violation, RuleViolation)
    assert violation.account_id == account_id


def verified(secret: str, headers: dict[str, str], body: bytes) -> PostEvent:
    """Return the event of a delivery, if its signature is genuine."""
    event = PostEvent.from_dict(Webhook(secret).verify(body, headers))
    try:
        Webhook(secret).verify(body + b" ", headers)
    except WebhookVerificationError:
        return event
    raise AssertionError("another body has the same signature")


def expect(kind: type[T], answer: object) -> T:
    """Return a response if it is the expected one."""
    assert isinstance(answer, kind), answer
    return answer


@contextmanager
def receiving() -> Iterator[tuple[str, "Queue[tuple[dict[str, str], bytes]]"]]:
    """Receive webhooks; yields the URL and the deliveries."""
    deliveries: Queue[tuple[dict[str, str], bytes]] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            deliveries.put((headers, self.rfile.read(int(headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

        log_message: Callable[..., None] = lambda *_: None

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", deliveries
    server.shutdown()


if __name__ == "__main__":
    _, api_url, api_key, platform_name, picture_path = sys.argv
    print(main(api_url, api_key, platform_name, Path(picture_path)))
