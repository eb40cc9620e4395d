"""Repositories: fact sheet sections 2.1, 6, 7 and 8."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.platforms.bluesky.test_simulator import OTHER_RKEY, POST, RKEY, User, World, post

INTERNAL_ERROR = (500, "InternalServerError", "Internal Server Error")
APPLY = "com.atproto.repo.applyWrites#"


def texts(user: User) -> list[str]:
    return [seen.text for seen in user.world.posts()]


def create(rkey: str | None = None, text: str = "Hello") -> dict[str, Any]:
    named = {} if rkey is None else {"rkey": rkey}
    return {"$type": f"{APPLY}create", "collection": POST, "value": post(text), **named}


def test_put_creates_a_record_and_returns_its_uri() -> None:
    user = World().connect()
    response = user.put(post(), swapRecord=None)
    assert response.status == 200
    assert set(response.data) == {"uri", "cid", "commit", "validationStatus"}
    assert response.data["uri"] == user.uri()
    assert response.data["cid"].startswith("bafyrei")
    assert set(response.data["commit"]) == {"cid", "rev"}


@pytest.mark.parametrize("swap", [{}, {"swapRecord": None}, {"swapRecord": "bafyreianother"}])
def test_repeated_put_changes_nothing_and_has_no_commit(swap: dict[str, Any]) -> None:
    """The comparison precedes the swap check, so a replay after a timeout is always safe."""
    user = World().connect()
    first = user.put(post(), swapRecord=None).data
    again = user.put(post(), **swap)
    assert again.status == 200
    assert again.data == {name: first[name] for name in ("uri", "cid", "validationStatus")}
    assert texts(user) == ["Hello"]


def test_put_of_other_content_under_a_taken_key_is_an_invalid_swap() -> None:
    user = World().connect()
    cid = user.put(post("First"), swapRecord=None).data["cid"]
    response = user.put(post("Second"), swapRecord=None)
    assert response.refusal == (400, "InvalidSwap", f"Record was at {cid}")
    assert texts(user) == ["First"]


def test_put_without_swap_overwrites_silently() -> None:
    user = World().connect()
    cid = user.put(post("First")).data["cid"]
    assert user.put(post("Second")).data["cid"] != cid
    assert texts(user) == ["Second"]


def test_put_with_the_current_cid_replaces_the_record() -> None:
    user = World().connect()
    cid = user.put(post("First")).data["cid"]
    assert user.put(post("Second"), swapRecord=cid).status == 200


def test_put_that_expects_a_missing_record_is_an_invalid_swap() -> None:
    user = World().connect()
    response = user.put(post(), swapRecord="bafyreisomething")
    assert response.refusal == (400, "InvalidSwap", "Record was at null")


def test_missing_type_is_added_and_is_the_same_record() -> None:
    user = World().connect()
    untyped = {name: value for name, value in post().items() if name != "$type"}
    assert user.put(untyped).data["cid"] == user.put(post()).data["cid"]
    assert user.read().data["value"]["$type"] == POST


def test_unknown_fields_of_a_call_are_ignored() -> None:
    user = World().connect("rejected")
    assert user.write("deleteRecord", collection=POST, rkey=RKEY, record=post(), writes=1).status == 200
    user = World().connect("duplicate")
    assert user.put(post(), writes="anything", swapRecord=None).refusal[1] == "InvalidSwap"


@pytest.mark.parametrize("write", ["put", "create", "delete", "apply"])
def test_every_write_can_require_a_commit(write: str) -> None:
    user = World().connect()
    head = user.put(post()).data["commit"]["cid"]
    calls: dict[str, tuple[str, dict[str, Any]]] = {
        "put": ("putRecord", {"collection": POST, "rkey": RKEY, "record": post("Second")}),
        "create": ("createRecord", {"collection": POST, "record": post("Second")}),
        "delete": ("deleteRecord", {"collection": POST, "rkey": RKEY}),
        "apply": ("applyWrites", {"writes": [create()]}),
    }
    name, body = calls[write]
    refused = user.write(name, swapCommit="bafyreiearlier", **body)
    assert refused.refusal == (400, "InvalidSwap", f"Commit was at {head}")
    assert user.write(name, swapCommit=head, **body).status == 200


def test_revisions_increase_when_the_clock_stands_still() -> None:
    user = World().connect()
    revisions = [user.put(post(str(number))).data["commit"]["rev"] for number in range(3)]
    assert revisions == sorted(set(revisions))


def test_create_under_a_taken_key_is_a_masked_500() -> None:
    user = World().connect()
    create = {"collection": POST, "rkey": RKEY, "record": post()}
    assert user.write("createRecord", **create).status == 200
    assert user.write("createRecord", **create).refusal == INTERNAL_ERROR
    assert texts(user) == ["Hello"]


def test_repeated_create_without_a_key_creates_a_second_post() -> None:
    user = World().connect()
    uris = {user.write("createRecord", collection=POST, record=post()).data["uri"] for _ in range(2)}
    assert len(uris) == 2
    assert texts(user) == ["Hello", "Hello"]


def test_record_is_readable_without_login_from_the_commit_on() -> None:
    user = World().connect()
    written = user.put(post()).data
    assert user.read().data == {"uri": user.uri(), "cid": written["cid"], "value": post()}
    by_handle = user.world.get("com.atproto.repo.getRecord", repo=user.handle, collection=POST, rkey=RKEY)
    assert by_handle.data == user.read().data


def test_missing_record_is_a_400() -> None:
    user = World().connect()
    assert user.read().refusal == (400, "RecordNotFound", f"Could not locate record: {user.uri()}")
    user.put(post())
    query = {"repo": user.did, "collection": POST, "rkey": RKEY, "cid": "bafyreianother"}
    assert user.world.get("com.atproto.repo.getRecord", **query).refusal[1] == "RecordNotFound"


@pytest.mark.parametrize("name", ["getRecord", "listRecords"])
def test_unknown_repository_is_not_found(name: str) -> None:
    response = World().get(f"com.atproto.repo.{name}", repo="did:plc:missing", collection=POST, rkey=RKEY)
    assert response.refusal == (400, "InvalidRequest", "Could not find repo: did:plc:missing")


@pytest.mark.parametrize("repo", ["did:plc:missing", "unknown.test"])
def test_missing_repository_cannot_be_written_to(repo: str) -> None:
    response = World().connect().write("putRecord", repo=repo, collection=POST, rkey=RKEY, record=post())
    assert response.refusal == (403, "AccountNotFound", "Account not found")


def test_record_can_be_deleted_twice() -> None:
    user = World().connect()
    user.put(post())
    assert set(user.write("deleteRecord", collection=POST, rkey=RKEY).data) == {"commit"}
    assert user.write("deleteRecord", collection=POST, rkey=RKEY).data == {}
    assert texts(user) == []


def test_delete_can_require_a_record() -> None:
    user = World().connect()
    cid = user.put(post()).data["cid"]
    refused = user.write("deleteRecord", collection=POST, rkey=RKEY, swapRecord="bafyreianother")
    assert refused.refusal == (400, "InvalidSwap", f"Record was at {cid}")
    assert user.write("deleteRecord", collection=POST, rkey=RKEY, swapRecord=cid).status == 200


def test_records_are_listed_newest_first_in_pages() -> None:
    user = World().connect()
    rkeys = [f"3l6oveex3ii2{letter}" for letter in "abcde"]
    for rkey in rkeys:
        user.put(post(rkey), rkey)

    def listed(**query: str) -> tuple[list[str], str | None]:
        response = user.world.get("com.atproto.repo.listRecords", repo=user.did, collection=POST, **query).data
        return [record["value"]["text"] for record in response["records"]], response.get("cursor")

    first, cursor = listed(limit="2")
    assert first == rkeys[:2:-1]
    assert cursor is not None
    assert listed(limit="2", cursor=cursor)[0] == rkeys[2:0:-1]
    assert listed(reverse="true", cursor=rkeys[1])[0] == rkeys[2:]
    assert listed(cursor=rkeys[0]) == ([], None)


@pytest.mark.parametrize("limit", ["0", "101", "-1", "ten", "9" * 5000])
def test_page_has_1_to_100_records(limit: str) -> None:
    user = World().connect()
    response = user.world.get("com.atproto.repo.listRecords", repo=user.did, collection=POST, limit=limit)
    assert response.refusal[:2] == (400, "InvalidRequest")


def test_several_writes_are_one_commit() -> None:
    user = World().connect()
    user.put(post("Old"), OTHER_RKEY)
    writes = [
        create(RKEY, "First"),
        create(text="Second"),
        {"$type": f"{APPLY}update", "collection": POST, "rkey": OTHER_RKEY, "value": post("New")},
        {"$type": f"{APPLY}delete", "collection": POST, "rkey": RKEY},
    ]
    response = user.write("applyWrites", writes=writes).data
    assert [result["$type"].partition("#")[2] for result in response["results"]] == [
        "createResult",
        "createResult",
        "updateResult",
        "deleteResult",
    ]
    assert set(response["commit"]) == {"cid", "rev"}
    assert sorted(texts(user)) == ["New", "Second"]


@pytest.mark.parametrize(
    "failing",
    [
        create(RKEY, "Replayed"),
        {"$type": f"{APPLY}update", "collection": POST, "rkey": "3l6oveex3ii2z", "value": post()},
        {"$type": f"{APPLY}delete", "collection": POST, "rkey": "3l6oveex3ii2z"},
    ],
)
def test_failed_write_undoes_the_others(failing: dict[str, Any]) -> None:
    user = World().connect()
    user.put(post("There"))
    response = user.write("applyWrites", writes=[create(OTHER_RKEY), failing])
    assert response.refusal == INTERNAL_ERROR
    assert texts(user) == ["There"]


def test_at_most_200_writes_are_allowed_in_a_batch() -> None:
    user = World().connect()
    assert user.write("applyWrites", writes=[create() for _ in range(200)]).status == 200
    response = user.write("applyWrites", writes=[create() for _ in range(201)])
    assert response.refusal == (400, "InvalidRequest", "Too many writes. Max: 200")


def test_unknown_kind_of_write_is_rejected() -> None:
    response = World().connect().write("applyWrites", writes=[{"$type": f"{APPLY}upsert", "collection": POST}])
    assert response.refusal[:2] == (400, "InvalidRequest")


RKEYS = st.sampled_from([RKEY, OTHER_RKEY, "3l6oveex3ii2n"])
PUTS = st.lists(st.tuples(RKEYS, st.sampled_from(["One", "Two", "Three"]), st.booleans()), max_size=12)


@given(PUTS)
def test_replaying_puts_never_creates_a_second_record(
    puts: list[tuple[str, str, bool]],
) -> None:
    """With `swapRecord: null`, as an idempotent publisher sends it, a replay changes nothing."""
    user = World().connect()

    def play() -> dict[str, str]:
        for rkey, text, repeated in puts:
            for _ in range(1 + repeated):
                assert user.put(post(text), rkey, swapRecord=None).status in (200, 400)
        return {seen.uri: seen.text for seen in user.world.posts()}

    first = play()
    assert len(first) == len({rkey for rkey, _, _ in puts}) == len(user.world.posts())
    assert play() == first


@given(PUTS)
def test_replaying_overwriting_puts_has_the_same_result(puts: list[tuple[str, str, bool]]) -> None:
    user = World().connect()

    def play() -> dict[str, str]:
        for rkey, text, _ in puts:
            user.put(post(text), rkey)
        return {seen.uri: seen.text for seen in user.world.posts()}

    assert play() == play()
    assert len(user.world.posts()) == len({rkey for rkey, _, _ in puts})
