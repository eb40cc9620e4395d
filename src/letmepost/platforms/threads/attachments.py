"""Converts spoilers and text attachments to parameters of a container.

The documentation of both
(https://developers.facebook.com/docs/threads/create-posts/spoilers and
https://developers.facebook.com/docs/threads/create-posts/text-attachments, checked 2026-11-29) states no unit for the
offsets in a text. Meta's sample app sends lengths of JavaScript strings, which are UTF-16 code units
(https://github.com/fbsamples/threads_api, `public/scripts/text-parser.js`, commit 44df04d, checked 2026-11-29).
"""

import json
from collections.abc import Iterable

from letmepost.domain.text import count_utf16_units
from letmepost.platforms.threads.options import ThreadsTextAttachment, ThreadsTextRange


def text_entities(text: str, spoilers: Iterable[ThreadsTextRange]) -> str:
    """Return the parameter `text_entities` that hides parts of a text."""
    return _json([{"entity_type": "SPOILER", **_range(text, hidden)} for hidden in spoilers])


def text_attachment(attachment: ThreadsTextAttachment) -> str:
    """Return the parameter `text_attachment`."""
    parameter: dict[str, object] = {"plaintext": attachment.text}
    if attachment.link is not None:
        parameter["link_attachment_url"] = attachment.link
    if attachment.formatting:
        parameter["text_with_styling_info"] = [
            {**_range(attachment.text, part), "styling_info": part.styles} for part in attachment.formatting
        ]
    return _json(parameter)


def _range(text: str, part: ThreadsTextRange) -> dict[str, int]:
    return {
        "offset": count_utf16_units(text[: part.offset]),
        "length": count_utf16_units(text[part.offset : part.end]),
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
