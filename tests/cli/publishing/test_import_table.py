from pathlib import Path

import pytest

from letmepost.cli.publishing.importing.table import InvalidTable, Row, read_table


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "posts.csv"


def read(file: Path, text: str, encoding: str = "utf-8") -> list[Row]:
    file.write_bytes(text.encode(encoding))
    return read_table(file)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("head", ["", "sep={}\n"])
def test_tables_of_spreadsheets_are_read(file: Path, encoding: str, delimiter: str, newline: str, head: str) -> None:
    lines = ["to,Text,First comment", 'a,"Two\nlines, and ""quotes""",Ja', ",,", "b,Ü,"]
    body = newline.join(line.replace(",", delimiter) if "lines" not in line else line for line in lines)
    body = body.replace('a,"Two', f'a{delimiter}"Two').replace('",Ja', f'"{delimiter}Ja')
    rows = read(file, head.format(delimiter) + body, encoding)
    shift = 1 if head else 0
    assert [(row.line - shift, row.cells) for row in rows] == [
        (2, {"to": "a", "text": 'Two\nlines, and "quotes"', "first_comment": "Ja"}),
        (5, {"to": "b", "text": "Ü"}),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is empty"),
        ("text\nHello\n", "Line 1: there is no column `to`"),
        ("to,txt\n", "Line 1: unknown column txt. Did you mean text?"),
        ("to,zzzz\n", "Line 1: unknown column zzzz. The columns are id, to, text"),
        ("to,to\n", "Line 1: duplicate column to"),
        ("to,text\na,b\nc,d,e\n", "Line 3: there are more cells than columns"),
        ('to,text\na,b\nc,"d\n', "Line 3: unexpected end of data. Check the quotation marks."),
        ("to,id\na,1\nb,2\nc,1\n", "Line 4: the id 1 is already used above"),
    ],
)
def test_wrong_table_is_rejected_with_its_line(file: Path, text: str, problem: str) -> None:
    with pytest.raises(InvalidTable, match=problem):
        read(file, text)


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
def test_table_that_is_not_utf_8_is_rejected(file: Path, encoding: str) -> None:
    with pytest.raises(InvalidTable, match="Save it as CSV UTF-8"):
        read(file, "to,text\na,Ü\n", encoding)


def test_missing_file_is_rejected(file: Path) -> None:
    with pytest.raises(InvalidTable, match="No such file"):
        read_table(file)


def keys(file: Path, text: str) -> dict[str, str]:
    return {row.cells["text"]: row.key for row in read(file, text)}


def test_key_of_a_row_stays_when_other_rows_change(file: Path) -> None:
    before = keys(file, "to,text\na,one\na,two\n")
    after = keys(file, "text;to;at\nnew;a;\ntwo;a;\nchanged;a;\n")
    assert after["two"] == before["two"]
    assert len(set(before.values()) | set(after.values())) == 4


def test_rows_with_the_same_cells_have_their_own_keys(file: Path) -> None:
    rows = read(file, "to,text\na,one\na,one\n")
    assert rows[0].key != rows[1].key


def test_id_is_the_identity_of_a_row(file: Path) -> None:
    assert keys(file, "id,to,text\n7,a,one\n")["one"] == keys(file, "id,to,text\n7,b,other\n")["other"]


def test_same_row_in_another_file_has_another_key(file: Path) -> None:
    other = file.with_name("other.csv")
    assert keys(file, "to,text\na,one\n") != keys(other, "to,text\na,one\n")
