"""The syntax of the AT Protocol: handles, DIDs, references to records, language tags.

Source: https://github.com/bluesky-social/atproto packages/syntax/src (commit d6296a1, read 2026-11-21).
"""

import re

_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
HANDLE = rf"(?:{_LABEL}\.)+[a-zA-Z](?:[a-zA-Z0-9-]{{0,61}}[a-zA-Z0-9])?"
DID = r"did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]"
_RKEY = r"[a-zA-Z0-9._:~-]{1,512}"

# References use the author's DID: a handle can move to another account, and the AppView does not resolve handles in
# records.
RECORD_URI_PATTERN = rf"^at://{DID}/[a-zA-Z][a-zA-Z0-9-]*(?:\.[a-zA-Z0-9-]+)+/{_RKEY}$"
POST_URI_PATTERN = rf"^at://{DID}/app\.bsky\.feed\.post/{_RKEY}$"
LIST_URI_PATTERN = rf"^at://{DID}/app\.bsky\.graph\.list/{_RKEY}$"
CID_PATTERN = r"^[a-zA-Z0-9]{8,256}$"
LANGUAGE_PATTERN = (
    r"^[a-z]{2,3}(?:-[A-Za-z]{3}){0,3}"  # a language and its extended languages
    r"(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|[0-9]{3}))?"  # a script, a region
    r"(?:-(?:[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*"  # variants
    r"(?:-[0-9A-WY-Za-wy-z](?:-[A-Za-z0-9]{2,8})+)*(?:-x(?:-[A-Za-z0-9]{1,8})+)?$"  # extensions, private
)

_HANDLE_MAX_CHARS = 253
_DID_MAX_CHARS = 2048


def is_handle(text: str) -> bool:
    """Return True if a text has the form of a handle, whether or not an account uses it."""
    return len(text) <= _HANDLE_MAX_CHARS and re.fullmatch(HANDLE, text) is not None


def is_did(value: object) -> bool:
    """Return True if a value is a DID of any method."""
    return isinstance(value, str) and len(value) <= _DID_MAX_CHARS and re.fullmatch(DID, value) is not None
