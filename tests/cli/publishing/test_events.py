import base64
import json
from typing import Any

import httpx
import pytest
from letmepost_client import InvalidSignature, webhooks

from tests.cli.publishing.answers import AT, Shell, current_key, error

TARGET = "http://receiver.test/hook"
SECRET = f"whsec_{base64.b64encode(bytes(32)).decode()}"


def event(number: int, kind: str = "post.published") -> dict[str, Any]:
    data = {
        "sequence": number,
        "platform": "double",
        "postId": "post_1",
        "metadata": {"ä": "1"},
        "url": "https://p.test",
    }
    return {"id": f"evt_{number}", "type": kind, "createdAt": AT, "organizationId": "org_1", "data": data}


def stream(*events: dict[str, Any]) -> httpx.Response:
    """Return a stream that ends after some events."""
    blocks = "".join(f"id: {one['data']['sequence']}\ndata: {json.dumps(one)}\n\n" for one in events)
    return httpx.Response(200, text=f"retry: 0\n\n{blocks}", headers={"content-type": "text/event-stream"})


REVOKED = httpx.Response(401, json=error("unauthenticated", "The API key is revoked."))


def test_events_are_listed_with_the_position_to_continue_from(shell: Shell) -> None:
    page = {"data": [event(4), event(5), event(6)], "nextCursor": "6"}
    listed = shell.api.get("/v1/events")
    listed.mock(side_effect=[httpx.Response(200, json=one) for one in (page, page, {"data": [], "nextCursor": "6"})])
    shown = shell.run("events", "--limit", "2", "--type", "post.published")
    assert shown.out.count("post.published  double post_1\n  https://p.test\n") == 2
    assert "To continue after the last event, pass --from 5." in shown.error
    assert "type=post.published" in str(listed.calls.last.request.url)
    lines = shell.run("events", "--from", "3", "--json").out.splitlines()
    assert [json.loads(line) for line in lines] == [{"mode": "test", **event(number)} for number in (4, 5, 6)]
    assert "cursor=3" in str(listed.calls[1].request.url)


def test_follower_continues_after_the_last_event_when_the_stream_ends(shell: Shell) -> None:
    shell.responds("GET", "/v1/me", current_key())
    followed = shell.api.get("/v1/events/stream").mock(side_effect=[stream(event(4)), stream(event(5)), REVOKED])
    done = shell.run("events", "--follow", "--json")
    assert (done.code, "The API key is revoked." in done.error) == (1, True)
    assert "To continue after the last event, pass --from 5." in done.error
    assert [json.loads(line).get("id") for line in done.out.splitlines()] == ["evt_4", "evt_5", None]
    positions = [call.request.headers.get("last-event-id") for call in followed.calls]
    assert positions == [None, "4", "5"]


def test_listener_forwards_each_event_signed(shell: Shell) -> None:
    shell.responds("GET", "/v1/me", current_key())
    progress = {"type": "post.progress", "data": {"sequence": 4, "sentBytes": 1, "totalBytes": 2}}
    stream_of = shell.api.get("/v1/events/stream")
    stream_of.mock(side_effect=[stream(event(4), progress, event(5, "post.failed")), REVOKED])
    received = shell.api.post(TARGET).mock(side_effect=[httpx.Response(204), httpx.Response(500)])
    done = shell.run("webhooks", "listen", "--forward-to", TARGET, "--secret", SECRET, "--json")
    first, *lines = [json.loads(line) for line in done.out.splitlines()]
    assert first == {"mode": "test", "signingSecret": SECRET, "forwardTo": TARGET}
    assert [(line["type"], line["delivered"], line["status"]) for line in lines[:2]] == [
        ("post.published", True, 204),
        ("post.failed", False, 500),
    ]
    requests = [call.request for call in received.calls]
    assert [json.loads(request.content) for request in requests] == [event(4), event(5, "post.failed")]
    for request in requests:
        assert webhooks.verify(request.content, request.headers, SECRET).data.metadata == {"ä": "1"}
        assert request.headers["x-letmepost-event"] == json.loads(request.content)["type"]
    with pytest.raises(InvalidSignature):
        webhooks.verify(requests[0].content + b" ", requests[0].headers, SECRET)


def test_listener_prints_a_new_secret_each_time(shell: Shell) -> None:
    shell.responds("GET", "/v1/me", current_key())
    shell.api.get("/v1/events/stream").mock(return_value=REVOKED)
    secrets = {shell.run("webhooks", "listen", "--forward-to", TARGET).out.splitlines()[0] for _ in range(2)}
    assert len(secrets) == 2
    assert all(line.startswith("Signing secret: whsec_") for line in secrets)


def test_trigger_sends_a_signed_example_without_an_api_key(shell: Shell) -> None:
    received = shell.api.post(TARGET).mock(return_value=httpx.Response(200))
    words = ["webhooks", "trigger", "post.failed", "--to", TARGET, "--data", '{"postId": "post_mine"}']
    done = shell.run(*words, "--secret", SECRET, LETMEPOST_API_KEY="", LETMEPOST_URL="")
    assert (done.code, done.out.split()[0]) == (0, "post.failed")
    request = received.calls.last.request
    sent = webhooks.verify(request.content, request.headers, SECRET)
    assert (sent.type, sent.data.test, sent.data.post_id, sent.data.status) == (
        "post.failed",
        True,
        "post_mine",
        "failed",
    )


@pytest.mark.parametrize("failure", [httpx.Response(302), httpx.Response(400), httpx.ConnectError("refused")])
def test_trigger_fails_if_the_event_is_not_accepted(shell: Shell, failure: httpx.Response | Exception) -> None:
    shell.api.post(TARGET).mock(side_effect=[failure])
    assert shell.run("webhooks", "trigger", "post.failed", "--to", TARGET).code == 1


def test_trigger_at_an_endpoint_is_sent_by_the_server(shell: Shell) -> None:
    answer = {
        "delivered": False,
        "status": 500,
        "durationMs": 3,
        "deliveryId": "dlv_1",
        "nonRetryable": False,
        "sentEvent": {},
    }
    tested = shell.responds("POST", "/v1/webhook-endpoints/whe_1/test", answer)
    assert shell.run("webhooks", "trigger", "post.failed", "--to", "whe_1").code == 1
    assert json.loads(tested.calls.last.request.content) == {"type": "post.failed"}


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["trigger", "post.publishd", "--to", TARGET], "Did you mean post.published"),
        (["trigger", "post.failed", "--to", "receiver.test"], "is not a URL"),
        (["trigger", "post.failed", "--to", TARGET, "--secret", "whsec_é"], "whsec_ followed by base64"),
        (["trigger", "post.failed", "--to", TARGET, "--secret", "abc"], "whsec_ followed by base64"),
        (["trigger", "post.failed", "--to", TARGET, "--data", "[]"], "not a JSON object"),
        (["trigger", "post.failed", "--to", TARGET, "--data", "{"], "This is not JSON"),
        (["trigger", "post.failed", "--to", "whe_1", "--secret", SECRET], "has a secret of its own"),
        (["listen", "--forward-to", "ftp://receiver.test"], "is not a URL"),
    ],
)
def test_wrong_command_line_sends_nothing(shell: Shell, words: list[str], problem: str) -> None:
    failed = shell.run("webhooks", *words)
    assert failed.code == 2
    assert problem in " ".join(failed.error.replace("│", " ").split())
