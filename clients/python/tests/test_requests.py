"""The bytes that the client sends."""

from datetime import UTC, datetime, timedelta, timezone

import httpx
import pytest
import respx

from letmepost_client import AsyncClient, Client
from letmepost_client.models.media import Media

from .conftest import batch, profile

MEDIA = Media(id="med_1", profile_id="prof_1", status="ready", created_at=datetime(2026, 12, 1, tzinfo=UTC))


def sent(api: respx.MockRouter) -> httpx.Request:
    request: httpx.Request = api.calls.last.request
    return request


def test_create_sends_the_whole_request(api: respx.MockRouter, client: Client) -> None:
    api.post("/v1/posts").respond(json=batch())
    client.posts.create(
        text="Grüße 🎉",
        targets=[{"account_id": "acc_1", "text": None, "media": [], "fit": {"background": "blur"}}],
        media=[MEDIA, "med_2", "https://example.com/a.jpg", {"media_id": "med_3", "thumbnail": "med_9"}],
        first_comment="First",
        thread=["Second", {"text": "Third", "media": [{"media_id": "med_4", "alt_text": "A cat"}]}],
        options={"bluesky": {"reply_to": {"uri": "at://x", "cid": "y"}}, "mastodon": {"spoilerText": "z"}},
        scheduled_at=datetime(2026, 12, 24, 9, tzinfo=timezone(timedelta(hours=1))),
        metadata={"my_key": "1"},
        late={"within_s": 60, "then": "hold"},
        refuse_duplicates_within_s=0,
        idempotency_key="mine",
    )
    request = sent(api)
    assert request.content.decode() == (
        '{"text":"Grüße 🎉","targets":[{"accountId":"acc_1","text":null,"media":[],"fit":{"background":"blur"}}],'
        '"media":[{"mediaId":"med_1"},{"mediaId":"med_2"},{"url":"https://example.com/a.jpg"},'
        '{"mediaId":"med_3","thumbnail":{"mediaId":"med_9"}}],"firstComment":{"text":"First"},'
        '"thread":[{"text":"Second"},{"text":"Third","media":[{"mediaId":"med_4","altText":"A cat"}]}],'
        '"options":{"bluesky":{"replyTo":{"uri":"at://x","cid":"y"}},"mastodon":{"spoilerText":"z"}},'
        '"scheduledAt":"2026-12-24T09:00:00+01:00","metadata":{"my_key":"1"},"late":{"withinS":60,"then":"hold"},'
        '"refuseDuplicatesWithinS":0}'
    )
    assert request.headers["authorization"] == "Bearer lmp_test_key"
    assert request.headers["idempotency-key"] == "mine"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"].startswith("letmepost-python/")
    assert "prefer" not in request.headers


@pytest.mark.parametrize(
    ("to", "targets"),
    [
        ("bluesky", '[{"platform":"bluesky"}]'),
        (["acc_1", "x"], '[{"accountId":"acc_1"},{"platform":"x"}]'),
    ],
)
def test_to_names_platforms_and_accounts(
    api: respx.MockRouter, client: Client, to: str | list[str], targets: str
) -> None:
    api.post("/v1/posts").respond(json=batch())
    client.posts.create(to=to)
    assert sent(api).content.decode() == f'{{"targets":{targets}}}'


def test_to_and_targets_are_rejected_together(client: Client) -> None:
    with pytest.raises(ValueError, match="either `to` or `targets`"):
        client.posts.create(to="bluesky", targets=[{"platform": "bluesky"}])


@pytest.mark.parametrize(("wait_s", "prefer"), [(0, "respond-async"), (40, "wait=40")])
def test_wait_is_sent_as_a_preference(api: respx.MockRouter, client: Client, wait_s: int, prefer: str) -> None:
    api.post("/v1/posts").respond(json=batch())
    client.posts.create(text="x", to="bluesky", wait_s=wait_s)
    assert sent(api).headers["prefer"] == prefer


@pytest.mark.parametrize(("wait_s", "timeout_s"), [(None, 35), (60, 70), (0, 10)])
def test_response_may_take_longer_than_the_server_waits(
    api: respx.MockRouter, http: httpx.Client, wait_s: int | None, timeout_s: float
) -> None:
    api.post("/v1/posts").respond(json=batch())
    hasty = Client("lmp_test_key", "https://api.test", timeout_s=5, http=http)
    hasty.posts.create(text="x", to="bluesky", wait_s=wait_s)
    assert sent(api).extensions["timeout"]["read"] == timeout_s


@pytest.mark.parametrize("key", ["lmp_test_a b", "lmp_test_a\nb", "lmp_test_ü"])
def test_impossible_api_key_is_rejected_without_showing_it(key: str) -> None:
    with pytest.raises(ValueError, match="The API key has a character") as raised:
        Client(key)
    assert key not in str(raised.value)


def test_line_break_after_an_api_key_is_ignored(api: respx.MockRouter, http: httpx.Client) -> None:
    """Files of secrets often end with one."""
    api.get("/health").respond(json={"status": "ok"})
    Client("lmp_test_key\n", "https://api.test", http=http).health()
    assert sent(api).headers["authorization"] == "Bearer lmp_test_key"


def test_number_that_is_not_finite_is_rejected(client: Client) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        client.sandbox.advance(float("inf"))


def test_bulk_sends_every_request_with_its_own_key(api: respx.MockRouter, client: Client) -> None:
    failure = {"error": {"code": "preflight_failed", "message": "Too long."}}
    api.post("/v1/posts/bulk").respond(
        207, json={"data": [{"status": 202, "body": batch("queued")}, {"status": 400, "body": failure}]}
    )
    first, second = client.posts.bulk(
        [{"text": "a", "to": "bluesky", "idempotency_key": "k1"}, {"text": "b", "targets": [{"account_id": "acc_1"}]}]
    )
    assert sent(api).content.decode() == (
        '{"posts":[{"text":"a","idempotencyKey":"k1","targets":[{"platform":"bluesky"}]},'
        '{"text":"b","targets":[{"accountId":"acc_1"}]}]}'
    )
    assert (first.batch and first.batch.id, first.error) == ("batch_1", None)
    assert (second.batch, second.error and second.error.code) == (None, "preflight_failed")


def test_update_sends_none_and_omits_what_is_not_passed(api: respx.MockRouter, client: Client) -> None:
    api.patch("/v1/webhook-endpoints/whe_1").respond(json=_endpoint())
    client.webhook_endpoints.update("whe_1", description=None, active=False)
    assert sent(api).content == b'{"active":false,"description":null}'


def test_test_event_keeps_the_names_of_its_data(api: respx.MockRouter, client: Client) -> None:
    api.post("/v1/webhook-endpoints/whe_1/test").respond(
        json={
            "delivered": True,
            "status": 200,
            "durationMs": 1,
            "responseBody": None,
            "deliveryId": "dlv_1",
            "nonRetryable": False,
            "errorName": None,
            "sentEvent": {"id": "evt_1"},
        }
    )
    assert client.webhook_endpoints.test("whe_1", data={"my_key": 1}).duration_ms == 1
    assert sent(api).content == b'{"data":{"my_key":1}}'


def test_query_repeats_lists_and_omits_none(api: respx.MockRouter, client: Client) -> None:
    api.get("/v1/posts").respond(json={"data": [], "nextCursor": None})
    after = datetime(2026, 12, 1, tzinfo=UTC)
    assert list(client.posts.list(status=["failed", "held"], account_id="acc_1", after=after, limit=2)) == []
    assert sent(api).url.raw_path.decode() == (
        "/v1/posts?status=failed&status=held&accountId=acc_1&after=2026-12-01T00%3A00%3A00%2B00%3A00&limit=2"
    )


def test_flag_in_a_query_is_lowercase(api: respx.MockRouter, client: Client) -> None:
    api.delete("/v1/accounts/acc_1").respond(json={"id": "acc_1", "deleted": True})
    assert client.accounts.disconnect("acc_1", cancel_queued=True).deleted
    assert sent(api).url.query == b"cancelQueued=true"


def test_id_cannot_change_the_path(api: respx.MockRouter, client: Client) -> None:
    api.route(method="GET").respond(json=profile("a"))
    client.profiles.get("../usage?a")
    assert sent(api).url.raw_path == b"/v1/profiles/..%2Fusage%3Fa"


def test_empty_id_is_rejected(client: Client) -> None:
    with pytest.raises(ValueError, match=r"An id of /v1/posts/{} is empty"):
        client.posts.cancel("")


def test_time_without_an_offset_is_rejected(client: Client) -> None:
    with pytest.raises(ValueError, match="has no offset"):
        client.posts.create(text="x", to="bluesky", scheduled_at=datetime(2026, 12, 24, 9))  # noqa: DTZ001 - refused


def test_reading_sends_no_idempotency_key(api: respx.MockRouter, client: Client) -> None:
    api.get("/v1/profiles/prof_a").respond(json=profile("a"))
    client.profiles.get("prof_a")
    assert "idempotency-key" not in sent(api).headers


def test_settings_are_read_from_the_environment(api: respx.MockRouter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LETMEPOST_API_KEY", "lmp_test_other")
    monkeypatch.setenv("LETMEPOST_URL", "https://api.test/")
    api.get("/health").respond(json={"status": "ok"})
    with Client() as client:
        assert client.health().status == "ok"
    assert sent(api).headers["authorization"] == "Bearer lmp_test_other"


async def test_async_client_sends_the_same_request(api: respx.MockRouter, async_client: AsyncClient) -> None:
    api.post("/v1/posts").respond(json=batch())
    result = await async_client.posts.create(text="x", to="bluesky")
    assert result.results[0].post_id == "post_1"
    assert sent(api).content == b'{"text":"x","targets":[{"platform":"bluesky"}]}'
    assert sent(api).headers["idempotency-key"] == "key-1"


def test_unknown_fields_and_values_are_kept(api: respx.MockRouter, client: Client) -> None:
    """An older client reads the responses of a newer server."""
    api.post("/v1/posts").respond(json=batch("levitating", newField={"aB": 1}))
    result = client.posts.create(text="x", to="bluesky")
    assert result.status == "levitating"
    assert result.model_extra == {"newField": {"aB": 1}}
    assert result.model_dump(mode="json", by_alias=True, exclude_unset=True) == batch(
        "levitating", newField={"aB": 1}, createdAt="2026-12-01T09:00:00Z"
    )


def _endpoint() -> dict[str, object]:
    return {
        "id": "whe_1",
        "url": "https://example.com",
        "events": [],
        "description": None,
        "active": False,
        "lastDeliveryAt": None,
        "lastFailureReason": None,
        "createdAt": "2026-12-01T09:00:00.000Z",
        "updatedAt": "2026-12-01T09:00:00.000Z",
    }


def test_request_calls_any_operation_with_the_names_of_the_api(api: respx.MockRouter, client: Client) -> None:
    api.post("/v1/new/op_1").respond(json=[{"isNew": True}])
    result = client.request(
        "POST", "/v1/new/op_1", query={"dryRun": True, "tags": ["a", "b"]}, body={"some_key": 1}, idempotency_key="mine"
    )
    assert result == [{"isNew": True}]
    assert str(sent(api).url).endswith("/v1/new/op_1?dryRun=true&tags=a&tags=b")
    assert sent(api).content == b'{"some_key":1}'
    assert sent(api).headers["Idempotency-Key"] == "mine"
