"""The scopes that the calls of Mastodon need.

Sources, all below https://docs.joinmastodon.org/methods/: apps, oauth, instance, accounts, media and statuses (checked
2026-11-29).
"""

from letmepost.platforms.contract import Permission

_ACCOUNT = ("read:accounts",)
_READ = ("read:statuses",)
_WRITE = ("write:statuses",)
_MEDIA = ("write:media",)

PERMISSIONS = (
    Permission("POST /api/v1/apps", "Register this deployment's app at a server"),
    Permission("POST /oauth/token", "Exchange the code of a consent"),
    Permission("POST /oauth/revoke", "Disconnect"),
    Permission("GET /api/v1/accounts/verify_credentials", "Identify the account, and check it", _ACCOUNT),
    Permission("GET /api/v2/instance", "Read the limits of the server"),
    Permission("GET /api/v1/instance", "Read the limits of an older server"),
    Permission("POST /api/v2/media", "Upload a media item with its alt text", _MEDIA),
    Permission("PUT /api/v1/media/{id}", "Set the thumbnail of a video", _MEDIA),
    Permission("GET /api/v1/media/{id}", "Wait until a video or a GIF is processed", _MEDIA),
    Permission("POST /api/v1/statuses", "Publish a post, a part of a thread or a first comment", _WRITE),
    Permission("GET /api/v1/accounts/{id}/statuses", "Look for a post after a lost response", _READ),
    Permission("GET /api/v1/statuses/{id}", "Check if a post is still visible", _READ),
    Permission("DELETE /api/v1/statuses/{id}", "Unpublish", _WRITE),
)
