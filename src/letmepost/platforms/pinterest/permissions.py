"""The permissions that the calls of Pinterest need.

Source: https://github.com/pinterest/api-description, v5/openapi.json, version 5.23.0 (checked 2026-11-28).
"""

from letmepost.platforms.contract import Permission

_READ = ("boards:read", "pins:read")
_BOARDS = ("boards:read", "boards:write")
_PINS = (*_BOARDS, "pins:read", "pins:write")

PERMISSIONS = (
    Permission("POST /v5/oauth/token", "Exchange the code of a consent, and refresh the tokens"),
    Permission("GET /v5/user_account", "Identify the account, and check it", ("user_accounts:read",)),
    Permission("GET /v5/boards", "List the boards", ("boards:read",)),
    Permission("POST /v5/boards", "Create a board", _BOARDS),
    Permission("GET /v5/boards/{board}", "Check a new default board, or why a Pin was refused", ("boards:read",)),
    Permission("POST /v5/media", "Register a video", ("pins:read", "pins:write")),
    Permission("POST {upload URL}", "Upload a video to the address that Pinterest returned, without a token"),
    Permission("GET /v5/media/{media}", "Wait until a video is processed", ("pins:read",)),
    Permission("POST /v5/pins", "Publish a Pin", _PINS),
    Permission("GET /v5/boards/{board}/pins", "Look for a Pin after a lost response", _READ),
    Permission(
        "GET /v5/boards/{board}/sections/{section}/pins", "Look for a Pin in a section after a lost response", _READ
    ),
    Permission("GET /v5/pins/{pin}", "Check that a Pin is still there", _READ),
    Permission("DELETE /v5/pins/{pin}", "Unpublish", _PINS),
)
