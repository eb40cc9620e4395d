"""The boards of an account: listed, created, and chosen as the default.

https://developers.pinterest.com/docs/api/v5/boards-list and boards-create (checked 2026-11-21).
"""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Flow, Reply
from letmepost.platforms._kit.fields import text_in
from letmepost.platforms._kit.flows import find
from letmepost.platforms.contract import AccountBlock
from letmepost.platforms.pinterest.api import Row, create_board, list_boards, read_board, read_id, read_pages
from letmepost.platforms.pinterest.boards import as_default, default_board, name_of
from letmepost.platforms.pinterest.refusals import BOARD_EXISTS, DEFAULT_UNKNOWN, UPSERT_GHOST
from letmepost.platforms.pinterest.replies import explain, is_name_taken
from letmepost.platforms.pinterest.settings import PinterestSettings
from letmepost.platforms.resources import ChangedResource, Resource, ResourceBody, ResourceChange, ResourceView

Privacy: TypeAlias = Literal["PUBLIC", "PROTECTED", "SECRET"]


class PinterestBoard(ResourceView):
    """A board."""

    id: str
    name: str
    privacy: Privacy | None


class PinterestBoards(ResourceView):
    """The boards that the account may pin to, and the one that it pins to by default."""

    data: Sequence[PinterestBoard]
    default_board_id: str | None


class PinterestNewBoard(PinterestBoard):
    """A board that was created, or that existed."""

    existing: bool = Field(description="True if the board existed, with `upsert: true`.")


class PinterestDefaultBoard(ResourceView):
    """The account's default board."""

    id: str = Field(description="The id of the account.")
    default_board_id: str | None
    default_board_name: str | None


class CreatePinterestBoard(ResourceBody):
    """A new board."""

    name: Annotated[str, Field(min_length=1, max_length=180)]
    description: Annotated[str, Field(max_length=500)] | None = None
    privacy: Privacy | None = None
    set_as_default: bool = Field(default=False, description="Pin to the board by default.")
    upsert: bool = Field(default=False, description="Return the existing board if there is one with this name.")


class SetPinterestDefaultBoard(ResourceBody):
    """The board to pin to by default."""

    board_id: Annotated[str, Field(min_length=1, max_length=64)]


class PinterestAccount(ResourceView):
    """The default board of an account of Pinterest."""

    default_board_id: str | None
    default_board_name: str | None


def show_account(account: AccountFacts) -> PinterestAccount:
    """Return what an account shows about its boards."""
    board = default_board(account)
    return PinterestAccount(default_board_id=board.get("id"), default_board_name=board.get("name"))


def boards(account: AccountFacts, settings: PinterestSettings) -> Flow[ResourceView]:
    """Return the boards of an account, up to 2,000."""
    listed = yield from read_pages(partial(list_boards, settings), explain)
    return PinterestBoards(data=[_shown(row) for row in listed.rows], default_board_id=default_board(account).get("id"))


def create(_account: AccountFacts, body: CreatePinterestBoard, settings: PinterestSettings) -> Flow[ChangedResource]:
    """Create a board, or return the existing one with the same name if the caller accepts it.

    Raises:
        PlatformFailure: there is one, and the caller does not accept it; or Pinterest refused.
    """
    given = {"name": body.name, "description": body.description, "privacy": body.privacy}
    call = create_board(settings, {name: value for name, value in given.items() if value is not None})
    reply = yield call
    created = _board_in(reply) if reply.ok else None
    if created is None and not is_name_taken(reply):
        raise explain(call, reply)
    board = created or (yield from _existing(body, settings))
    view = PinterestNewBoard(**_shown(board).model_dump(), existing=created is None)
    return ChangedResource(
        view=lambda _account_id: view,
        is_new=created is not None,
        preferences=as_default(board) if body.set_as_default else {},
    )


def set_default(
    _account: AccountFacts, body: SetPinterestDefaultBoard, settings: PinterestSettings
) -> Flow[ChangedResource]:
    """Choose a board that the account may read as its default.

    Raises:
        PlatformFailure: Pinterest has no such board, or did not return a usable response.
    """
    is_id = body.board_id.isascii() and body.board_id.isdigit()
    call = read_board(settings, body.board_id)
    board = (yield from find(call, _board_in, _is_closed, explain)) if is_id else None
    if board is None:
        raise DEFAULT_UNKNOWN(board=body.board_id)
    return ChangedResource(
        view=lambda account_id: PinterestDefaultBoard(
            id=account_id, default_board_id=board["id"], default_board_name=name_of(board)
        ),
        preferences=as_default(board),
    )


def _existing(body: CreatePinterestBoard, settings: PinterestSettings) -> Flow[Row]:
    if not body.upsert:
        raise BOARD_EXISTS()
    listed = yield from read_pages(partial(list_boards, settings), explain)
    for row in listed.rows:
        if name_of(row).strip().casefold() == body.name.strip().casefold():
            return row
    raise UPSERT_GHOST()


def _board_in(reply: Reply) -> Row | None:
    return None if read_id(reply) is None else reply.data()


def _is_closed(reply: Reply) -> bool:
    return reply.status in {403, 404}


def _shown(row: Row) -> PinterestBoard:
    privacy = text_in(row, "privacy")
    known: tuple[Privacy, ...] = ("PUBLIC", "PROTECTED", "SECRET")
    return PinterestBoard(id=row["id"], name=name_of(row), privacy=next((one for one in known if one == privacy), None))


ACCOUNT_BLOCK = AccountBlock(view=PinterestAccount, show=show_account)
RESOURCES = (
    Resource(
        name="pinterest/boards",
        summary="List the boards that a Pinterest account may pin to, up to 2,000, and its default board.",
        view=PinterestBoards,
        read=boards,
    ),
)
CHANGES = (
    ResourceChange(
        method="POST",
        name="pinterest/boards",
        summary="Create a Pinterest board. The status is 201, or 200 for the existing board with `upsert: true`.",
        body=CreatePinterestBoard,
        view=PinterestNewBoard,
        run=create,
    ),
    ResourceChange(
        method="PATCH",
        name="pinterest/default-board",
        summary="Set the board that a Pinterest account pins to if a post names none. It lasts when the account is "
        "connected again.",
        body=SetPinterestDefaultBoard,
        view=PinterestDefaultBoard,
        run=set_default,
    ),
)
