import secrets
from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.storage.sealing import CannotOpenError, Keyring, Place

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
PLACE = Place(UUID(int=1), "accounts", "credential_sealed", "row-1")
SECRET = b'{"token": "of customer"}'


def ring(**keys: bytes) -> Keyring:
    return Keyring(keys, secrets.token_bytes)


@given(st.binary(max_size=4096))
def test_sealed_value_opens_at_its_place(secret: bytes) -> None:
    keyring = ring(old=OLD)
    assert keyring.open(keyring.seal(secret, PLACE), PLACE) == secret


def test_sealed_secret_is_not_readable() -> None:
    keyring = ring(old=OLD)
    sealed = {keyring.seal(SECRET, PLACE) for _ in range(100)}
    assert len(sealed) == 100, "equal secrets must differ when sealed"
    assert all(b"customer" not in value for value in sealed)


@pytest.mark.parametrize(
    "elsewhere",
    [
        replace(PLACE, row="row-2"),
        replace(PLACE, column="secret_sealed"),
        replace(PLACE, table="webhook_endpoints"),
        replace(PLACE, organization_id=UUID(int=2)),
    ],
    ids=["row", "column", "table", "organization"],
)
def test_copied_value_does_not_open(elsewhere: Place) -> None:
    """Write access to the database must not allow a tenant to publish with another's credential."""
    keyring = ring(old=OLD)
    with pytest.raises(CannotOpenError):
        keyring.open(keyring.seal(SECRET, PLACE), elsewhere)


def test_each_organization_has_its_own_key() -> None:
    """With one key, only the associated data, which is in the tag, would separate tenants."""
    keyring = Keyring({"old": OLD}, bytes)
    other = replace(PLACE, organization_id=UUID(int=2))
    own_text, other_text = (keyring.seal(SECRET, place)[-16 - len(SECRET) : -16] for place in (PLACE, other))
    assert own_text != other_text


@given(st.data())
def test_changed_value_does_not_open(data: st.DataObject) -> None:
    keyring = ring(old=OLD)
    sealed = keyring.seal(SECRET, PLACE)
    index = data.draw(st.integers(0, len(sealed) - 1))
    changed = bytes([sealed[index] ^ data.draw(st.integers(1, 255))])
    with pytest.raises(CannotOpenError):
        keyring.open(sealed[:index] + changed + sealed[index + 1 :], PLACE)


@given(st.integers(min_value=0))
def test_truncated_value_does_not_open(length: int) -> None:
    keyring = ring(old=OLD)
    sealed = keyring.seal(SECRET, PLACE)
    with pytest.raises(CannotOpenError):
        keyring.open(sealed[: length % len(sealed)], PLACE)


def test_first_key_seals_and_all_keys_open() -> None:
    """A rotation without downtime: append the new key, move it to the front, seal values again, remove the old key."""
    before, added, turned = ring(old=OLD), ring(old=OLD, new=NEW), ring(new=NEW, old=OLD)
    for sealing in (before, added, turned):
        sealed = sealing.seal(SECRET, PLACE)
        assert added.open(sealed, PLACE) == turned.open(sealed, PLACE) == SECRET
    dropped = ring(new=NEW)
    assert dropped.open(turned.seal(SECRET, PLACE), PLACE) == SECRET


@pytest.mark.parametrize("keys", [{"new": NEW}, {"old": NEW}], ids=["missing", "another key with that name"])
def test_value_does_not_open_without_its_key(keys: Mapping[str, bytes]) -> None:
    sealed = ring(old=OLD).seal(SECRET, PLACE)
    with pytest.raises(CannotOpenError):
        ring(**keys).open(sealed, PLACE)


def test_error_names_the_value_without_its_secret() -> None:
    sealed = ring(old=OLD).seal(SECRET, PLACE)
    with pytest.raises(CannotOpenError, match=r"accounts\.credential_sealed was sealed by key 'old'") as refused:
        ring(new=NEW).open(sealed, PLACE)
    assert "customer" not in str(refused.value)


def test_keyed_hash_is_found_by_every_key_of_the_keyring() -> None:
    stored = ring(old=OLD).hashes("api-key", b"lmp_live_x")[0]
    turned = ring(new=NEW, old=OLD)
    assert stored in turned.hashes("api-key", b"lmp_live_x")
    assert stored != turned.hashes("api-key", b"lmp_live_x")[0]


def test_keyed_hash_differs_for_another_key_or_purpose() -> None:
    one = ring(old=OLD)
    assert one.hashes("api-key", b"text") != one.hashes("idempotency-key", b"text")
    assert one.hashes("api-key", b"text") != ring(old=NEW).hashes("api-key", b"text")
    assert one.hashes("ab", b"c") != one.hashes("a", b"bc")
