"""Files on the command line that become media of a post."""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from letmepost.cli.publishing.progress import upload_with_progress
from letmepost.cli.publishing.session import CommandSession

INLINE_MAX_BYTES = 5_000_000
"""How many bytes of files a check sends with its request, which stores nothing. The request may have 8 MiB."""


class InvalidAttachment(ValueError):
    """A file that does not exist, or an alt text without a file. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file, a URL or the id of a media item, with its alt text.

    Attributes:
        kind: `image`, `video` or `document`; None leaves it to the server, which knows it for an id.
        path: the file; None if `source` is a URL or an id.
    """

    kind: str | None
    source: str
    alt_text: str | None = None

    @property
    def path(self) -> Path | None:
        is_elsewhere = self.source.startswith(("https://", "http://", "med_"))
        return None if is_elsewhere else Path(self.source).expanduser()


def pair_attachments(
    images: Sequence[str], videos: Sequence[str], documents: Sequence[str], alt_texts: Sequence[str]
) -> list[Attachment]:
    """Return the attachments of a command line, in the order in which they are published.

    Args:
        alt_texts: of the images and then of the videos, in order; empty for none.

    Raises:
        InvalidAttachment: the number of alt texts is not that of the images and videos.
    """
    described = [*(("image", source) for source in images), *(("video", source) for source in videos)]
    if alt_texts and len(alt_texts) != len(described):
        raise InvalidAttachment(
            f"There are {len(described)} images and videos, and {len(alt_texts)} alt texts. Pass --alt once for each, "
            'in the same order: first the images, then the videos. --alt "" is no alt text.'
        )
    texts = alt_texts or [""] * len(described)
    return [
        *(Attachment(kind, source, text or None) for (kind, source), text in zip(described, texts, strict=True)),
        *(Attachment("document", source) for source in documents),
    ]


def check_files(attachments: Iterable[Attachment]) -> None:
    """Check that every file can be read and is not empty.

    Raises:
        InvalidAttachment: one cannot.
    """
    for path in filter(None, (attachment.path for attachment in attachments)):
        try:
            with path.open("rb") as file:
                is_empty = not file.read(1)
        except OSError as error:
            raise InvalidAttachment(f"Cannot read {path}: {error.strerror}.") from None
        if is_empty:
            raise InvalidAttachment(f"The file {path} is empty.")


def to_media(
    session: CommandSession, attachments: Sequence[Attachment], *, key: str, inline: bool, shows_progress: bool = True
) -> list[dict[str, Any]]:
    """Return the media of a request. Files are uploaded, unless they are small and `inline` is True.

    Args:
        key: the idempotency key of the request. Those of the uploads are derived from it.
        shows_progress: False if the terminal shows another progress bar.
    """
    total = sum(attachment.path.stat().st_size for attachment in attachments if attachment.path)
    is_inline = inline and total <= INLINE_MAX_BYTES

    def source_of(attachment: Attachment, number: int) -> tuple[str, str]:
        path, upload_key = attachment.path, f"{key}-{number}"
        if path is None:
            return "media_id" if attachment.source.startswith("med_") else "url", attachment.source
        if is_inline:
            return "bytes_base64", base64.b64encode(path.read_bytes()).decode()
        if shows_progress:
            return "media_id", upload_with_progress(session, path, key=upload_key).id
        return "media_id", session.client.media.upload(path, idempotency_key=upload_key).id

    media = []
    for number, attachment in enumerate(attachments, 1):
        name, value = source_of(attachment, number)
        fields = {"kind": attachment.kind, name: value, "alt_text": attachment.alt_text}
        media.append({field: given for field, given in fields.items() if given is not None})
    return media
