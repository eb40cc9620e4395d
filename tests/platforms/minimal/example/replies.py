"""What a refusal of Example means: https://docs.example.com/errors (read 2026-11-29)."""

import re

from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Call, Reply
from letmepost.platforms._kit.fields import object_in, text_in
from letmepost.platforms._kit.meanings import Meanings
from letmepost.platforms._kit.rates import retry_at
from letmepost.platforms._kit.replies import shown_reason, shown_response
from tests.platforms.minimal.example import refusals

_TOKEN = re.compile(r"ex_[a-z0-9]{20,}")
_MEANINGS = Meanings(
    by_error={
        (409, "duplicate"): refusals.DUPLICATE,
        (422, "content_rejected"): refusals.CONTENT_REJECTED,
    },
    by_status={403: refusals.SESSION_ENDED},
    unauthorized=refusals.SESSION_ENDED,
)


def explain(call: Call, reply: Reply) -> PlatformFailure:
    """Return what an unexpected reply means, including a success without the expected content."""
    code = error_code(reply)
    words = text_in(object_in(reply.data(), "error"), "message")
    return _MEANINGS.find(call, reply, code)(
        response=shown_response(reply, _TOKEN, code=code),
        retry_at=retry_at(reply),
        network="Example",
        reason=shown_reason(reply, words, _TOKEN),
    )


def error_code(reply: Reply) -> str | None:
    """Return the code of the error in a reply, or None without one."""
    return text_in(object_in(reply.data(), "error"), "code")


def read_id(reply: Reply) -> str | None:
    """Return the id of what a call has read or created, or None if the reply has none."""
    return text_in(reply.data(), "id")
