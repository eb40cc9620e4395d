"""Seed files, and the messages about wrong ones."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from letmepost.domain.errors import EmulatorError
from letmepost.platforms import discover
from letmepost.sandbox.seeding.seed import Seed, default_seed
from letmepost.sandbox.seeding.seed_file import read_seed

TOML = """
[clock]
start = 2026-12-01T09:00:00Z
frozen = true

[[accounts]]
network = "x"
handle = "alice"
token = "alice-token"

[[accounts.posts]]
text = "The first"

[[accounts]]
network = "youtube"

[[faults]]
network = "facebook"
method = "POST"
scenario = "rate_limited"
times = 2
"""


def read(directory: Path, text: str, name: str = "seed.toml") -> Seed:
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return read_seed(path, discover())


def problem(directory: Path, text: str, name: str = "seed.toml") -> str:
    with pytest.raises(EmulatorError) as caught:
        read(directory, text, name)
    return str(caught.value).removeprefix(f"{directory}/")


def test_toml_and_json_have_the_same_content(tmp_path: Path) -> None:
    seed = read(tmp_path, TOML)
    assert seed.clock.start == datetime(2026, 12, 1, 9, tzinfo=UTC)
    assert [account.network for account in seed.accounts] == ["twitter", "youtube"]
    assert [post.text for post in seed.accounts[0].posts] == ["The first"]
    assert [fault.times for fault in seed.faults] == [2]
    as_json = json.dumps(seed.model_dump(mode="json", by_alias=True))
    assert read(tmp_path, as_json, "seed.json") == seed


def test_default_seed_has_an_account_on_each_network() -> None:
    assert [account.network for account in default_seed(discover()).accounts] == list(discover())


@pytest.mark.parametrize(
    ("wrong", "right", "message"),
    [
        ('network = "x"', 'network = "myspace"', "7: accounts[0].network: there is no network 'myspace'. Networks: bl"),
        ('handle = "alice"', "handle = 3", "8: accounts[0].handle: Input should be a valid string"),
        ('token = "alice-token"', 'token = "a b c"', "9: accounts[0].token: String should match"),
        ('text = "The first"', 'txt = ""', "12: accounts[0].posts[0].txt: Extra inputs are not permitted"),
        ('network = "youtube"', "", "14: accounts[1].network: Field required"),
        (
            'network = "youtube"',
            'network = "youtube"\nscenario = "luck"',
            "14: accounts[1]: there is no scenario 'luck'",
        ),
        ('scenario = "rate_limited"', 'scenario = "luck"', "17: faults[0]: there is no scenario 'luck'. Scenarios: "),
        ('scenario = "rate_limited"', "", "17: faults[0]: a fault needs at least one of"),
        ("frozen = true", "frozen = 'maybe'", "4: clock.frozen: Input should be a valid boolean"),
        ("2026-12-01T09:00:00Z", "2026-12-01T09:00:00", "3: clock.start: Input should have timezone info"),
    ],
)
def test_wrong_seed_is_reported_with_its_line(tmp_path: Path, wrong: str, right: str, message: str) -> None:
    found = problem(tmp_path, TOML.replace(wrong, right, 1))
    assert found.startswith(f"seed.toml, line {message}")


def test_wrong_syntax_is_reported_with_its_line(tmp_path: Path) -> None:
    found = problem(tmp_path, TOML.replace("[clock]", "[clock"))
    assert found == "seed.toml: Expected ']' at the end of a table declaration (at line 2, column 7)"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("seed.json", "{", "seed.json: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("seed.json", '{"accounts": [{}]}', "seed.json: accounts[0].network: Field required"),
        ("seed.json", "[]", "seed.json: body: Input should be a valid dictionary"),
        ("seed.yaml", "a: b", "seed.yaml: a seed file is TOML or JSON. Its name ends with .toml or .json."),
    ],
)
def test_wrong_file_is_reported(tmp_path: Path, name: str, text: str, message: str) -> None:
    assert problem(tmp_path, text, name).startswith(message)


def test_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(EmulatorError, match=r"Cannot read .*none\.toml: No such file or directory\."):
        read_seed(tmp_path / "none.toml", discover())


def test_file_that_is_not_text_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "seed.toml"
    path.write_bytes(b"\xff")
    with pytest.raises(EmulatorError, match=r"Cannot read .*seed\.toml: .*decode"):
        read_seed(path, discover())
