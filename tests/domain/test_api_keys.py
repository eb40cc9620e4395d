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
    """Keys live for years: a change of alphabet or checksum would lock every caller out."""
    assert KEY == "lmp_live_1JbtBTl3LdvDVn5NfxFXp7PhzHZr9Rj11LA5h9"


@given(modes, entropies)
def test_a_minted_key_reads_back(mode: Mode, entropy: bytes) -> None:
    key = mint(mode, entropy)
    assert parse(key) == ParsedKey(key, mode)


@given(modes, entropies)
def test_a_key_is_its_modes_prefix_and_38_letters(mode: Mode, entropy: bytes) -> None:
    assert re.fullmatch(rf"lmp_{mode}_[0-9A-Za-z]{{38}}", mint(mode, entropy))


@given(modes, entropies, entropies)
def test_other_randomness_makes_another_key(mode: Mode, a: bytes, b: bytes) -> None:
    letters = [[int.from_bytes(x[i : i + 2]) % 62 for i in range(0, ENTROPY_BYTES, 2)] for x in (a, b)]
    assert (mint(mode, a) == mint(mode, b)) == (letters[0] == letters[1])


def test_too_little_randomness_is_refused() -> None:
    """A key from too few bytes would look like any other, and end in zeros."""
    with pytest.raises(ValueError, match="64 random bytes"):
        mint(Mode.LIVE, bytes(63))


@given(keys, st.data(), st.characters(max_codepoint=0x2FF))
def test_any_single_changed_character_is_refused(key: str, data: st.DataObject, letter: str) -> None:
    """A typing error is answered without asking the database."""
    place = data.draw(st.integers(0, len(key) - 1))
    assume(key[place] != letter)
    assert parse(key[:place] + letter + key[place + 1 :]) is None


@given(keys, st.data())
def test_two_neighbours_that_changed_places_are_refused(key: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(key) - 2))
    assume(key[place] != key[place + 1])
    assert parse(key[:place] + key[place + 1] + key[place] + key[place + 2 :]) is None


@given(keys)
def test_a_key_does_not_open_the_other_world(key: str) -> None:
    """The checksum is of the prefix, too."""
    head, mode, body = key.split("_")
    assert parse(f"{head}_{'test' if mode == 'live' else 'live'}_{body}") is None


@given(keys, st.data())
def test_a_key_cut_short_or_prolonged_is_refused(key: str, data: st.DataObject) -> None:
    assert parse(key[: data.draw(st.integers(0, len(key) - 1))]) is None
    assert parse(key + data.draw(st.text(min_size=1))) is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("lmp_live_", id="prefix alone"),
        pytest.param("lmp_prod_" + KEY[9:], id="no such mode"),
        pytest.param("LMP_LIVE_" + KEY[9:], id="prefix in capitals"),
        pytest.param(KEY.swapcase(), id="letters in the other case"),
        pytest.param(f" {KEY}", id="leading space"),
        pytest.param(f"{KEY}\n", id="trailing newline"),
        pytest.param(f"Bearer {KEY}", id="with its scheme"),
        pytest.param("lmp_live_" + "é" * 38, id="letters that are not ascii"),
        pytest.param("lmp_live_" + "٣" * 38, id="digits that are not ascii"),
        pytest.param("lmp_live_" + "\ud800" * 38, id="half surrogate pairs"),
        pytest.param("lmp_live_" + "-" * 38, id="neither letters nor digits"),
    ],
)
def test_what_is_not_a_key_is_refused(text: str) -> None:
    assert parse(text) is None


@given(st.text() | st.text().map("lmp_test_".__add__))
@example("lmp_live_" + "0" * 38)
def test_any_text_is_refused_without_an_error(text: str) -> None:
    """Whatever a stranger sends is answered 401, never 500."""
    assert parse(text) is None


def test_a_parsed_key_does_not_show_itself() -> None:
    """It travels through code that logs."""
    assert KEY not in repr(parse(KEY))


def test_scopes_are_those_that_callers_know() -> None:
    assert set(map(str, EVERY_SCOPE)) == {
        *(f"{noun}:read" for noun in ("posts", "accounts", "media", "webhooks", "keys", "events")),
        *(f"{noun}:write" for noun in ("posts", "accounts", "media", "webhooks", "keys")),
    }
    assert set(Scope) == EVERY_SCOPE
