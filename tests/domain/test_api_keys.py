import re

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from letmepost.domain.api_keys import ENTROPY_BYTES, EVERY_SCOPE, Mode, ParsedKey, Scope, mint, parse

modes = st.sampled_from(Mode)
entropies = st.binary(min_size=ENTROPY_BYTES, max_size=ENTROPY_BYTES)
keys = st.builds(mint, modes, entropies)

KEY = mint(Mode.LIVE, bytes(range(64)))


def test_keys_of_this_version_stay_valid() -> None:
    """Keys are used for years: a changed alphabet or checksum would lock out every caller."""
    assert KEY == "lmp_live_1JbtBTl3LdvDVn5NfxFXp7PhzHZr9Rj11LA5h9"


@given(modes, entropies)
def test_minted_key_is_parsed(mode: Mode, entropy: bytes) -> None:
    key = mint(mode, entropy)
    assert parse(key) == ParsedKey(key, mode)


@given(modes, entropies)
def test_key_is_the_prefix_of_its_mode_and_38_characters(mode: Mode, entropy: bytes) -> None:
    assert re.fullmatch(rf"lmp_{mode}_[0-9A-Za-z]{{38}}", mint(mode, entropy))


@given(modes, entropies, entropies)
def test_different_randomness_makes_a_different_key(mode: Mode, a: bytes, b: bytes) -> None:
    letters = [[int.from_bytes(x[i : i + 2]) % 62 for i in range(0, ENTROPY_BYTES, 2)] for x in (a, b)]
    assert (mint(mode, a) == mint(mode, b)) == (letters[0] == letters[1])


def test_too_little_randomness_is_rejected() -> None:
    """A key from too few bytes would look valid, and end in zeros."""
    with pytest.raises(ValueError, match="64 random bytes"):
        mint(Mode.LIVE, bytes(63))


@given(keys, st.data(), st.characters(max_codepoint=0x2FF))
def test_key_with_one_changed_character_is_rejected(key: str, data: st.DataObject, letter: str) -> None:
    """A mistyped key is rejected without a query."""
    place = data.draw(st.integers(0, len(key) - 1))
    assume(key[place] != letter)
    assert parse(key[:place] + letter + key[place + 1 :]) is None


@given(keys, st.data())
def test_key_with_two_swapped_neighbors_is_rejected(key: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(key) - 2))
    assume(key[place] != key[place + 1])
    assert parse(key[:place] + key[place + 1] + key[place] + key[place + 2 :]) is None


@given(keys)
def test_key_of_one_mode_is_rejected_with_the_prefix_of_the_other(key: str) -> None:
    """The checksum covers the prefix."""
    head, mode, body = key.split("_")
    assert parse(f"{head}_{'test' if mode == 'live' else 'live'}_{body}") is None


@given(keys, st.data())
def test_shortened_or_extended_key_is_rejected(key: str, data: st.DataObject) -> None:
    assert parse(key[: data.draw(st.integers(0, len(key) - 1))]) is None
    assert parse(key + data.draw(st.text(min_size=1))) is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("lmp_live_", id="prefix alone"),
        pytest.param("lmp_prod_" + KEY[9:], id="no such mode"),
        pytest.param("LMP_LIVE_" + KEY[9:], id="prefix in capitals"),
        pytest.param(KEY.swapcase(), id="swapped case"),
        pytest.param(f" {KEY}", id="leading space"),
        pytest.param(f"{KEY}\n", id="trailing newline"),
        pytest.param(f"Bearer {KEY}", id="with its scheme"),
        pytest.param("lmp_live_" + "é" * 38, id="letters that are not ascii"),
        pytest.param("lmp_live_" + "٣" * 38, id="digits that are not ascii"),
        pytest.param("lmp_live_" + "\ud800" * 38, id="unpaired surrogates"),
        pytest.param("lmp_live_" + "-" * 38, id="punctuation"),
    ],
)
def test_malformed_key_is_rejected(text: str) -> None:
    assert parse(text) is None


@given(st.text() | st.text().map("lmp_test_".__add__))
@example("lmp_live_" + "0" * 38)
def test_any_other_text_is_rejected_without_an_error(text: str) -> None:
    """The text of a caller must lead to 401, never to 500."""
    assert parse(text) is None


def test_parsed_key_is_not_in_its_repr() -> None:
    """The key passes through code that logs."""
    assert KEY not in repr(parse(KEY))


def test_scopes_are_the_documented_ones() -> None:
    assert set(map(str, EVERY_SCOPE)) == {
        *(f"{noun}:read" for noun in ("posts", "accounts", "media", "webhooks", "keys", "events")),
        *(f"{noun}:write" for noun in ("posts", "accounts", "media", "webhooks", "keys")),
    }
    assert set(Scope) == EVERY_SCOPE
