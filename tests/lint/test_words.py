"""The check of words finds them in files and in new commits."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.lint import words
from tests.lint.words import PLAIN, check_files, check_messages, find_words, main

SCRIPT = "tests/lint/words.py"


def git(root: Path, *arguments: str) -> None:
    identity = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.com"}
    identity |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in identity.items()}
    isolated = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "PATH": os.environ["PATH"]}
    environment = {**isolated, **identity}
    subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, env=environment)  # noqa: S607 - Git of the machine


def commit(root: Path, message: str) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--allow-empty", "--message", message)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository to which the check was added after a commit that it would reject."""
    root = tmp_path / "repository"
    (root / "tests/lint").mkdir(parents=True)
    git(root, "init", "--quiet")
    commit(root, "begin anew")
    shutil.copy(Path(words.__file__), root / SCRIPT)
    commit(root, "lint: check words, and none anew")
    return root


@pytest.mark.parametrize("word", PLAIN)
def test_each_word_is_found(word: str) -> None:
    text = f"First line.\nThen {word.title()}, twice.\n"
    assert [line for line, _ in find_words(text)] == [2]


@pytest.mark.parametrize(
    "text",
    [
        "def test_nobody_is_told(): ...",
        "nobody_else = 1",
        "def test_a_position_that_is_none_is_refused(): ...",
        "# It cannot be\n    # had again.",
        "This is for\never.",
        "A medium.",
        "nobody's",
    ],
)
def test_word_is_found_in_names_and_across_lines(text: str) -> None:
    assert len(list(find_words(text))) == 1


@pytest.mark.parametrize("text", ["the latest", "data_medium", "ours", "be hardened", "for every", "manewest"])
def test_part_of_another_word_is_not_found(text: str) -> None:
    assert list(find_words(text)) == []


@pytest.mark.parametrize("text", ['allow == ("nobody",)', "getpwnam('nobody')", "`nobody` may reply"])
def test_value_nobody_is_not_found(text: str) -> None:
    assert list(find_words(text)) == []


def test_findings_name_file_line_and_replacement(tmp_path: Path) -> None:
    for name in ("src/a.py", "docs/b.md", "tests/lint/words.py", "elsewhere/c.md", "src/__pycache__/d.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("\nanew\n", encoding="utf-8")
    (tmp_path / "README.md").write_text("Learnt", encoding="utf-8")
    (tmp_path / "src/picture.png").write_bytes(b"\xff\xfe anew")
    assert list(check_files(tmp_path)) == [
        'README.md:1: "Learnt": write learned, or: known',
        'docs/b.md:2: "anew": write again',
        'src/a.py:2: "anew": write again',
    ]


def test_messages_are_checked_only_after_the_commit_that_added_the_check(repository: Path) -> None:
    assert list(check_messages(repository)) == []
    commit(repository, "area: change a thing\n\nSomebody asked for it.")
    [found] = check_messages(repository)
    assert "line 3 of the message" in found
    assert "Somebody" in found


def test_commits_beside_the_one_that_added_the_check_are_not_checked(repository: Path) -> None:
    git(repository, "checkout", "--quiet", "-b", "earlier", "HEAD~1")
    commit(repository, "begin anew elsewhere")
    git(repository, "checkout", "--quiet", "-")
    git(repository, "merge", "--quiet", "--message", "merge", "earlier")
    assert list(check_messages(repository)) == []


def test_shallow_clone_is_checked_as_far_as_it_goes(repository: Path, tmp_path: Path) -> None:
    commit(repository, "area: begin anew")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--depth", "1", repository.as_uri(), str(clone))
    assert list(check_messages(clone)) == []


def test_tree_without_a_repository_is_checked_without_messages(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("Plain.", encoding="utf-8")
    assert main(tmp_path) == 0


def test_findings_end_the_check_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "README.md").write_text("anew", encoding="utf-8")
    assert main(tmp_path) == 1
    assert capsys.readouterr().out == 'README.md:1: "anew": write again\n'
