"""Boards: listed, created, and chosen as the default."""

from typing import Any

import pytest

from letmepost.domain.errors import FailureKind, InputRefused
from letmepost.domain.flow import Effect, Reply
from letmepost.domain.playback import Transcript, play
from letmepost.platforms.pinterest.resources import (
    CreatePinterestBoard,
    PinterestBoards,
    SetPinterestDefaultBoard,
    boards,
    create,
    set_default,
)
from letmepost.platforms.resources import ChangedResource
from tests.platforms.pinterest.transcripts import (
    ACCOUNT,
    API,
    AWAY,
    BOARD,
    SETTINGS,
    board,
    page,
    refusal,
    refused,
    replied,
)

TAKEN = refused(400, 58, "You already have a board with this name.")


def listed(*replies: Reply | Exception) -> Transcript[Any]:
    return play(boards(ACCOUNT, SETTINGS), *replies)


def test_boards_are_listed_with_the_default_board() -> None:
    transcript = listed(page(board("1", "One", privacy="SECRET"), board("2", "Two", privacy="NEW")))
    shown = transcript.value()
    assert isinstance(shown, PinterestBoards)
    assert shown.model_dump(mode="json") == {
        "data": [{"id": "1", "name": "One", "privacy": "SECRET"}, {"id": "2", "name": "Two", "privacy": None}],
        "defaultBoardId": BOARD,
    }
    assert dict(transcript.calls[0].query) == {"page_size": "250"}


def test_repeated_boards_and_bookmarks_are_listed_once() -> None:
    transcript = listed(
        page(board("1"), board("2"), bookmark="b"), page(board("2"), board("3"), bookmark="c"), page(bookmark="b")
    )
    assert [one.id for one in transcript.value().data] == ["1", "2", "3"]
    assert [dict(call.query).get("bookmark") for call in transcript.calls] == [None, "b", "c"]


def test_board_without_a_usable_id_is_left_out() -> None:
    assert listed(page(board(""), {"id": 5}, "text")).value().data == []


def test_unavailable_list_is_a_failure() -> None:
    for reply in (AWAY, refused(500, 500), replied(200, {})):
        assert refusal(listed(reply)).kind is FailureKind.UNAVAILABLE


def making(*replies: Reply | Exception, **body: Any) -> Transcript[ChangedResource]:
    given = CreatePinterestBoard.model_validate({"name": "Soups", **body})
    return play(create(ACCOUNT, given, SETTINGS), *replies)


def shown(transcript: Transcript[ChangedResource]) -> dict[str, Any]:
    return transcript.value().view("acc_1").model_dump(mode="json")


def test_board_is_created_as_given() -> None:
    transcript = making(replied(201, board("7", "Soups")), description="Hot", privacy="SECRET")
    [call] = transcript.calls
    assert (call.method, call.url, call.effect) == ("POST", f"{API}/boards", Effect.WRITE)
    assert call.json == {"name": "Soups", "description": "Hot", "privacy": "SECRET"}
    assert shown(transcript) == {"id": "7", "name": "Soups", "privacy": "PUBLIC", "existing": False}
    assert (transcript.value().is_new, transcript.value().preferences) == (True, {})


def test_new_board_becomes_the_default_if_asked() -> None:
    transcript = making(replied(200, board("7", "Soups")), setAsDefault=True)
    assert transcript.value().preferences == {"board": {"id": "7", "name": "Soups"}}


def test_taken_name_is_an_error_of_the_caller() -> None:
    failure = refusal(making(TAKEN))
    assert isinstance(failure, InputRefused)
    assert failure.rule == "pinterest.board.exists"


def test_upsert_returns_the_existing_board() -> None:
    transcript = making(TAKEN, page(board("1"), board("2", "soups ")), upsert=True, setAsDefault=True)
    assert shown(transcript)["existing"] is True
    assert (transcript.value().is_new, transcript.value().preferences["board"]["id"]) == (False, "2")


def test_upsert_of_a_board_that_is_not_listed_is_an_error_of_the_caller() -> None:
    assert refusal(making(TAKEN, page(board("1")), upsert=True)).rule == "pinterest.board.upsert_ghost"


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (refused(400, 1, "Invalid request"), FailureKind.REJECTED),
        (refused(403, 29), FailureKind.AUTH_FAILED),
        (refused(503, 503), FailureKind.UNAVAILABLE),
        (replied(201, {}), FailureKind.UNAVAILABLE),
        (AWAY, FailureKind.UNAVAILABLE),
    ],
)
def test_refused_board_is_a_failure(reply: Reply | Exception, kind: FailureKind) -> None:
    assert refusal(making(reply)).kind is kind


def choosing(*replies: Reply | Exception) -> Transcript[ChangedResource]:
    return play(set_default(ACCOUNT, SetPinterestDefaultBoard.model_validate({"boardId": "7"}), SETTINGS), *replies)


def test_default_board_is_read_before_it_is_stored() -> None:
    transcript = choosing(replied(200, board("7", "Soups")))
    assert [call.url for call in transcript.calls] == [f"{API}/boards/7"]
    assert shown(transcript) == {"id": "acc_1", "defaultBoardId": "7", "defaultBoardName": "Soups"}
    assert transcript.value().preferences == {"board": {"id": "7", "name": "Soups"}}


@pytest.mark.parametrize("reply", [refused(404, 40), refused(403, 29)])
def test_unknown_default_board_is_an_error_of_the_caller(reply: Reply) -> None:
    failure = refusal(choosing(reply))
    assert isinstance(failure, InputRefused)
    assert failure.rule == "pinterest.board.unknown"


@pytest.mark.parametrize("board_id", ["Recipes", "7/pins", "../user_account", "\u0667"])
def test_malformed_default_board_is_refused_without_a_call(board_id: str) -> None:
    body = SetPinterestDefaultBoard.model_validate({"boardId": board_id})
    transcript = play(set_default(ACCOUNT, body, SETTINGS))
    assert (refusal(transcript).rule, transcript.calls) == ("pinterest.board.unknown", [])


def test_default_board_is_not_stored_when_it_cannot_be_read() -> None:
    assert refusal(choosing(refused(500, 500))).kind is FailureKind.UNAVAILABLE
