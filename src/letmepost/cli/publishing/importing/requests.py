"""Turns rows into requests to publish."""

import mimetypes
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from letmepost.cli.publishing.attachments import Attachment, InvalidAttachment, check_files
from letmepost.cli.publishing.importing.table import Row
from letmepost.cli.publishing.post import parse_options
from letmepost.cli.publishing.targets import Accounts
from letmepost.cli.publishing.times import InvalidTime, PublicationTime, parse_time

_ABSOLUTE = re.compile(r"\d{4}-\d\d-\d\d")
_BOOLEANS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
_KINDS = {"image": "image", "video": "video", "application": "document"}


class InvalidRow(ValueError):
    """A row that is not a post. The message has no line number."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A row as a request, except for its media.

    Attributes:
        attachments: the media, which are not uploaded yet.
    """

    row: Row
    request: dict[str, Any]
    attachments: Sequence[Attachment]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """Turns rows into requests.

    Attributes:
        folder: relative paths of media are in this folder.
        zone: the zone of times in rows without one, if it was given.
    """

    accounts: Accounts
    folder: Path
    now: datetime
    zone: str | None
    local_zone: str

    def plan(self, row: Row) -> Planned:
        """Return the request of a row.

        Raises:
            InvalidRow: a cell is wrong.
            UnknownTarget: a name in `to` stands for no account, or for several.
        """
        cells = row.cells
        if "to" not in cells:
            raise InvalidRow("the cell `to` is empty. Write a platform, a handle or the id of an account.")
        names = [name for name in re.split(r"[,;\s]+", cells["to"]) if name]
        time = self._time(row)
        draft = self._draft(row)
        if draft and time:
            raise InvalidRow("a draft has no time. Remove `at` or `draft`.")
        options = parse_options([f"{name}={value}" for name, value in cells.items() if "." in name])
        request = {
            "to": [self.accounts.find(name).id for name in names],
            "text": cells.get("text"),
            "thread": _parts(cells.get("thread", "")),
            "first_comment": cells.get("first_comment"),
            "options": options,
            "draft": draft,
            **(time.arguments() if time else {}),
        }
        given = {name: value for name, value in request.items() if value}
        return Planned(row, {**given, "idempotency_key": row.key}, self._attachments(row))

    def _time(self, row: Row) -> PublicationTime | None:
        text, zone = row.cells.get("at"), row.cells.get("zone", self.zone)
        if text is None:
            if "zone" in row.cells:
                raise InvalidRow("`zone` needs a time in `at`.")
            return None
        if not _ABSOLUTE.match(text):
            # Another run would read a relative time differently, and send another request for the same row.
            raise InvalidRow(f'Cannot read the time "{text}". Write it like 2026-12-24 09:00.')
        try:
            return parse_time(text, now=self.now, zone=zone, local_zone=self.local_zone)
        except InvalidTime as error:
            raise InvalidRow(str(error)) from None

    def _draft(self, row: Row) -> bool:
        text = row.cells.get("draft", "no")
        if text.lower() not in _BOOLEANS:
            raise InvalidRow(f'`draft` is "{text}". Write yes or no.')
        return _BOOLEANS[text.lower()]

    def _attachments(self, row: Row) -> Sequence[Attachment]:
        sources = _parts(row.cells.get("media", ""))
        texts = _parts(row.cells.get("alt", ""))
        if texts and len(texts) != len(sources):
            raise InvalidRow(f"there are {len(sources)} media items and {len(texts)} alt texts. Separate them with |.")
        attachments = [
            Attachment(_kind(source), self._locate(source), text or None)
            for source, text in zip(sources, texts or [""] * len(sources), strict=True)
        ]
        try:
            check_files(attachments)
        except InvalidAttachment as error:
            raise InvalidRow(str(error)) from None
        return attachments

    def _locate(self, source: str) -> str:
        attachment = Attachment("", source)
        return source if attachment.path is None else str(self.folder / attachment.path)


def _parts(cell: str) -> list[str]:
    """Return the parts of a cell, which are separated by `|` or are on lines of their own."""
    return [part.strip() for part in re.split(r"[|\n]", cell)] if cell else []


def _kind(source: str) -> str | None:
    if source.startswith("med_"):
        return None
    guessed = mimetypes.guess_type(source.partition("?")[0])[0] or ""
    kind = _KINDS.get(guessed.partition("/")[0])
    if kind is None or (kind == "document" and guessed != "application/pdf"):
        raise InvalidRow(f"cannot tell what {source} is. Its name must end like .jpg, .png, .mp4 or .pdf.")
    return kind
