from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from letmepost.domain.ids import MalformedIdError, Prefix, format_id, parse_id, uuid7

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LARGEST = "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"

prefixes = st.sampled_from(Prefix)
uuids = st.integers(0, 2**128 - 1).map(lambda number: UUID(int=number))
moments_ms = st.integers(0, 2**48 - 1)
entropies = st.binary(min_size=10, max_size=32)


def test_uuid7_matches_the_example_of_rfc_9562() -> None:
    """Source: RFC 9562, appendix A.6."""
    entropy = bytes.fromhex("0cc3 18c4dc0c0c07398f")
    assert uuid7(0x017F22E279B0, entropy) == UUID("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")


@given(moments_ms, entropies)
def test_uuid7_has_the_layout_of_rfc_9562(now_ms: int, entropy: bytes) -> None:
    """Source: RFC 9562 section 5.7: 48 bits of time, 0111, 12 random bits, 10, 62 random bits."""
    bits = f"{uuid7(now_ms, entropy).int:0128b}"
    random = "".join(f"{byte:08b}" for byte in entropy)
    assert int(bits[:48], base=2) == now_ms
    assert bits[48:52] == "0111"
    assert bits[52:64] == random[4:16]
    assert bits[64:66] == "10"
    assert bits[66:] == random[18:80]


def test_uuid7_rejects_too_little_randomness() -> None:
    with pytest.raises(ValueError, match="takes 10 random bytes, got 9"):
        uuid7(0, bytes(9))


@given(prefixes, uuids)
def test_formatted_id_is_parsed(prefix: Prefix, value: UUID) -> None:
    assert parse_id(prefix, format_id(prefix, value)) == value


@given(prefixes, uuids)
def test_formatted_id_is_the_prefix_and_26_letters_of_the_alphabet(prefix: Prefix, value: UUID) -> None:
    head, _, letters = format_id(prefix, value).partition("_")
    assert head == prefix
    assert len(letters) == 26
    assert set(letters) <= set(ALPHABET)


@pytest.mark.parametrize(
    ("letters", "number"),
    [
        ("0" * 26, 0),
        ("0" * 25 + "Z", 31),
        ("0" * 24 + "10", 32),
        ("01AN4Z07BY" + "0" * 16, 1465824320894 << 80),
        (LARGEST, 2**128 - 1),
    ],
)
def test_letters_are_crockfords_base32_with_the_highest_bits_first(letters: str, number: int) -> None:
    """Source: the examples of github.com/ulid/spec (01AN4Z07BY is a moment of June 2016)."""
    assert format_id(Prefix.POST, UUID(int=number)) == f"post_{letters}"


@given(moments_ms, moments_ms, entropies, entropies)
def test_text_order_follows_time(a_ms: int, b_ms: int, a: bytes, b: bytes) -> None:
    assume(a_ms != b_ms)
    earlier, later = sorted([(a_ms, a), (b_ms, b)])
    assert format_id(Prefix.EVENT, uuid7(*earlier)) < format_id(Prefix.EVENT, uuid7(*later))


@given(uuids, uuids)
def test_text_order_equals_database_order(a: UUID, b: UUID) -> None:
    assert (a < b) == (format_id(Prefix.EVENT, a) < format_id(Prefix.EVENT, b))


@given(uuids, st.lists(st.booleans(), min_size=26, max_size=26))
def test_letters_can_be_of_either_case(value: UUID, lowered: list[bool]) -> None:
    letters = format_id(Prefix.POST, value).removeprefix("post_")
    mixed = "".join(letter.lower() if low else letter for letter, low in zip(letters, lowered, strict=True))
    assert parse_id(Prefix.POST, f"post_{mixed}") == value


@given(prefixes, prefixes, uuids)
def test_id_of_another_type_is_rejected(prefix: Prefix, other: Prefix, value: UUID) -> None:
    assume(prefix != other)
    with pytest.raises(MalformedIdError):
        parse_id(prefix, format_id(other, value))


@given(uuids, st.integers(0, 25), st.characters())
def test_letter_outside_the_alphabet_is_rejected(value: UUID, place: int, letter: str) -> None:
    assume(letter not in ALPHABET + ALPHABET.lower())
    letters = format_id(Prefix.POST, value).removeprefix("post_")
    with pytest.raises(MalformedIdError):
        parse_id(Prefix.POST, f"post_{letters[:place]}{letter}{letters[place + 1 :]}")


@pytest.mark.parametrize("letter", ["\N{LATIN SMALL LETTER LONG S}", "ß", "ﬀ", "ǰ"])
def test_letter_that_is_ascii_only_in_upper_case_is_rejected(letter: str) -> None:
    """A long s is "S" in capitals and a sharp s is "SS". Accepting them would allow several texts for one id."""
    with pytest.raises(MalformedIdError):
        parse_id(Prefix.POST, f"post_{'0' * 25}{letter}")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("post", id="no letters"),
        pytest.param("post_", id="empty letters"),
        pytest.param("0" * 26, id="no prefix"),
        pytest.param("_" + "0" * 26, id="empty prefix"),
        pytest.param("POST_" + "0" * 26, id="prefix in capitals"),
        pytest.param("post-" + "0" * 26, id="another separator"),
        pytest.param("post_" + "0" * 25, id="a letter short"),
        pytest.param("post_" + "0" * 27, id="a letter long"),
        pytest.param("post_post_" + "0" * 26, id="prefix twice"),
        pytest.param(" post_" + "0" * 26, id="leading space"),
        pytest.param("post_" + "0" * 26 + "\n", id="trailing newline"),
        pytest.param("post_8" + "0" * 25, id="129 bits"),
        pytest.param("post_" + "Z" * 26, id="130 bits"),
        pytest.param("0199a9f1-0000-7000-8000-000000000000", id="a bare UUID"),
    ],
)
def test_malformed_id_is_rejected(text: str) -> None:
    with pytest.raises(MalformedIdError):
        parse_id(Prefix.POST, text)


@given(prefixes, st.text())
def test_any_text_is_parsed_or_rejected(prefix: Prefix, text: str) -> None:
    """A malformed id must lead to 404, never to 500."""
    try:
        value = parse_id(prefix, text)
    except MalformedIdError:
        return
    assert format_id(prefix, value) == f"{prefix}_{text.rpartition('_')[2].upper()}"


def test_prefixes_are_the_documented_ones() -> None:
    """Callers have stored ids with them."""
    prefixes = "org prof acc batch post att med key whe evt dlv cs req"
    assert set(map(str, Prefix)) == set(prefixes.split())
