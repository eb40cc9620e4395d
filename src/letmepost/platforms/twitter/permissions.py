"""The scopes that the calls of X need.

Source: the security of each operation in https://api.x.com/2/openapi.json, and for refresh tokens
https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code (checked 2026-11-29).
"""

from letmepost.platforms.contract import Permission

_READ = ("tweet.read", "users.read")
_WRITE = (*_READ, "tweet.write")
_MEDIA = ("media.write",)

PERMISSIONS = (
    Permission("POST /2/oauth2/token", "Exchange the code of a consent, and refresh the token", ("offline.access",)),
    Permission("POST /2/oauth2/revoke", "Disconnect"),
    Permission("GET /2/users/me", "Identify the account, and check it", _READ),
    Permission("POST /2/media/upload", "Upload an image", _MEDIA),
    Permission("POST /2/media/upload/initialize", "Begin the upload of a video or a GIF", _MEDIA),
    Permission("POST /2/media/upload/{id}/append", "Upload a part of a video or a GIF", _MEDIA),
    Permission("POST /2/media/upload/{id}/finalize", "End the upload of a video or a GIF", _MEDIA),
    Permission("GET /2/media/upload", "Wait until a video or a GIF is processed", _MEDIA),
    Permission("POST /2/media/metadata", "Describe a media item for people who cannot see it", _MEDIA),
    Permission("POST /2/tweets", "Publish a post, a part of a thread or a first comment", _WRITE),
    Permission("GET /2/users/{id}/tweets", "Look for a post after a lost response", _READ),
    Permission("DELETE /2/tweets/{id}", "Unpublish", _WRITE),
)
