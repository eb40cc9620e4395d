"""Which Pages of a person are offered, by replies that the simulator does not give."""

import json
from typing import Any

import pytest

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Reply
from letmepost.domain.playback import Transcript, play
from letmepost.platforms._meta.login import Person
from letmepost.platforms._meta.pages import PageList, find_pages
from letmepost.platforms._meta.settings import GraphSettings
from tests.platforms.meta.login_network import explain
from tests.platforms.meta.test_graph import NOW, error

PERSON = Person(id="5", token="EAAperson", scopes=("pages_show_list",))
MANAGER = Person(id="5", token="EAAperson", scopes=("pages_show_list", "business_management"))
API = "https://graph.facebook.com/v26.0"


def page(number: int = 1, **changes: Any) -> dict[str, Any]:
    given = {
        "id": str(number),
        "name": f"Page {number}",
        "access_token": f"EAApage{number}",
        "tasks": ["CREATE_CONTENT"],
    }
    return {name: value for name, value in {**given, **changes}.items() if value is not None}


def listed(*rows: object, after: str | None = None) -> Reply:
    paging = {} if after is None else {"paging": {"cursors": {"after": after}, "next": f"{API}/me/accounts?secret"}}
    return answered(data=list(rows), **paging)


def answered(**fields: Any) -> Reply:
    return Reply(status=200, body=json.dumps(fields).encode(), received_at=NOW)


def find(person: Person, *replies: Reply) -> Transcript[PageList]:
    return play(find_pages(person, GraphSettings(), explain), *replies)


def names(transcript: Transcript[PageList]) -> list[str | None]:
    return [found.name for found in transcript.value().usable]


@pytest.mark.parametrize(
    ("response", "problem"),
    [
        (answered(id="9", name="Another"), "the token belongs to another account"),
        (answered(id="5", name="The person"), "the token belongs to another account"),
        (error(190, 463), "Facebook does not accept the Page's token"),
        (error(190, status=200), "Facebook does not accept the Page's token"),
    ],
)
def test_token_that_is_not_the_pages_own_is_not_offered(response: Reply, problem: str) -> None:
    """A token that was made from a short-lived one, or of the person, may read and not publish."""
    found = find(PERSON, listed(page()), response).value()
    assert (found.usable, found.unusable) == ((), {"Page 1": problem})


@pytest.mark.parametrize("response", [error(2, status=503), error(4), Reply(status=502, received_at=NOW)])
def test_unavailable_service_is_not_a_page_that_cannot_be_connected(response: Reply) -> None:
    for replies in ((response,), (listed(page()), response)):
        failure = find(PERSON, *replies).error
        assert isinstance(failure, PlatformFailure)
        assert failure.kind in {FailureKind.UNAVAILABLE, FailureKind.RATE_LIMITED}


def test_next_page_of_a_list_is_read_by_its_cursor_until_one_repeats() -> None:
    transcript = find(
        PERSON, listed(page(1), after="a"), listed(page(2), after="a"), answered(id="1"), answered(id="2")
    )
    first, second, *_ = transcript.calls
    assert first.url == second.url == f"{API}/me/accounts"
    assert dict(second.query)["after"] == "a"
    assert names(transcript) == ["Page 1", "Page 2"]


def test_page_of_a_portfolio_is_offered_with_the_token_that_is_read_for_it() -> None:
    replies = (listed(), listed({"id": "7"}), listed(page(2, access_token=None)), listed(), page(2), answered(id="2"))
    given = [reply if isinstance(reply, Reply) else answered(**reply) for reply in replies]
    transcript = find(MANAGER, *given)
    assert [call.url.removeprefix(f"{API}/") for call in transcript.calls] == [
        *("me/accounts", "me/businesses", "7/owned_pages", "7/client_pages", "2", "me")
    ]
    assert names(transcript) == ["Page 2"]


def test_portfolio_that_refuses_its_lists_does_not_hide_other_pages() -> None:
    transcript = find(MANAGER, listed(page(1)), listed({"id": "7"}), error(200), error(10), answered(id="1"))
    assert names(transcript) == ["Page 1"]


@pytest.mark.parametrize("token", ["", "EAA\r\nx: y", "EAA\u00e9", 5])
def test_unusable_token_is_none(token: object) -> None:
    found = find(PERSON, listed(page(access_token=token)), error(100, 33)).value()
    assert found.unusable == {"Page 1": "access to this Page was not granted"}
