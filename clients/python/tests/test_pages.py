"""Iteration over lists."""

from typing import Any

import httpx
import pytest
import respx

from letmepost_client import AsyncClient, Client

from .conftest import profile


def page(*names: str, next_cursor: str | None) -> httpx.Response:
    return httpx.Response(200, json={"data": [profile(name) for name in names], "nextCursor": next_cursor})


def events(*numbers: int, next_cursor: str) -> httpx.Response:
    data = [{"id": f"evt_{number}", "type": "post.published", "data": {"sequence": number}} for number in numbers]
    return httpx.Response(200, json={"data": data, "nextCursor": next_cursor})


def cursors(api: respx.MockRouter) -> list[str | None]:
    return [call.request.url.params.get("cursor") for call in api.calls]


def test_iteration_requests_every_page(api: respx.MockRouter, client: Client) -> None:
    api.get("/v1/profiles").mock(side_effect=[page("a", "b", next_cursor="2"), page("c", next_cursor=None)])
    profiles = client.profiles.list(limit=2)
    assert len(api.calls) == 0
    assert [item.name for item in profiles] == ["a", "b", "c"]
    assert cursors(api) == [None, "2"]
    assert list(profiles) == []
    assert len(api.calls) == 2


async def test_async_iteration_requests_every_page(api: respx.MockRouter, async_client: AsyncClient) -> None:
    api.get("/v1/profiles").mock(side_effect=[page("a", "b", next_cursor="2"), page("c", next_cursor=None)])
    assert [item.name async for item in async_client.profiles.list()] == ["a", "b", "c"]
    assert cursors(api) == [None, "2"]


def test_iteration_continues_where_it_was_left(api: respx.MockRouter, client: Client) -> None:
    api.get("/v1/profiles").mock(side_effect=[page("a", "b", next_cursor="2"), page("c", next_cursor=None)])
    profiles = client.profiles.list()
    for first in profiles:
        assert first.name == "a"
        break
    assert [item.name for item in profiles] == ["b", "c"]


def test_rest_of_a_page_is_not_skipped(api: respx.MockRouter, client: Client) -> None:
    api.get("/v1/profiles").mock(side_effect=[page("a", "b", next_cursor="2"), page("c", next_cursor=None)])
    profiles = client.profiles.list()
    next(iter(profiles))
    assert [[item.name for item in profiles.next_page().data] for _ in range(3)] == [["b"], ["c"], []]


def test_cursor_moves_after_the_whole_page(api: respx.MockRouter, client: Client) -> None:
    """A program that stores the cursor and stops skips no event."""
    api.get("/v1/events").mock(side_effect=[events(1, 2, next_cursor="B"), events(3, next_cursor="C")])
    found = client.events.list(cursor="A")
    seen = []
    for event in found:
        seen.append((event.data.sequence, found.cursor))
        if event.data.sequence == 3:
            break
    assert seen == [(1, "A"), (2, "A"), (3, "B")]


def test_events_end_at_the_newest_and_continue_later(api: respx.MockRouter, client: Client) -> None:
    api.get("/v1/events").mock(
        side_effect=[
            events(1, next_cursor="B"),
            events(next_cursor="B"),
            events(2, next_cursor="C"),
            events(next_cursor="C"),
        ]
    )
    found = client.events.list(types=["post.published", "post.failed"])
    assert [event.id for event in found] == ["evt_1"]
    assert found.cursor == "B"
    assert [event.id for event in found] == ["evt_2"]
    assert (found.cursor, cursors(api)) == ("C", [None, "B", "B", "C"])
    assert api.calls.last.request.url.params.get_list("type") == ["post.published", "post.failed"]


def test_failed_request_loses_no_page(api: respx.MockRouter, client: Client) -> None:
    unauthorized = httpx.Response(403, json={"error": {"code": "unauthorized", "message": "No."}})
    api.get("/v1/events").mock(
        side_effect=[events(1, next_cursor="B"), unauthorized, events(2, next_cursor="C"), events(next_cursor="C")]
    )
    found = client.events.list()
    with pytest.raises(Exception, match="unauthorized"):
        list(found)
    assert [event.id for event in found] == ["evt_2"]
    assert cursors(api) == [None, "B", "B", "C"]


@pytest.mark.parametrize("is_async", [False, True])
async def test_pages_can_be_requested_one_by_one(
    api: respx.MockRouter, client: Client, async_client: AsyncClient, *, is_async: bool
) -> None:
    api.get("/v1/profiles").mock(side_effect=[page("a", next_cursor="2"), page("b", next_cursor=None)])

    async def next_page(profiles: Any) -> tuple[list[str], str | None, str | None]:
        found = await profiles.next_page() if is_async else profiles.next_page()
        return [item.name for item in found.data], found.next_cursor, profiles.cursor

    profiles: object = async_client.profiles.list() if is_async else client.profiles.list()
    assert await next_page(profiles) == (["a"], "2", "2")
    assert await next_page(profiles) == (["b"], None, "2")
    assert await next_page(profiles) == ([], None, "2")
