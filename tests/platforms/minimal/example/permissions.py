"""The permissions that the calls of Example need: https://docs.example.com/oauth (read 2026-11-29)."""

from letmepost.platforms.contract import Permission

_PROFILE = ("profile",)
_POSTS = ("posts",)

PERMISSIONS = (
    Permission("POST /oauth/token", "Exchange the code of a consent, and refresh the token"),
    Permission("GET /v1/me", "Identify the account, and check it", _PROFILE),
    Permission("POST /v1/images", "Upload an image", _POSTS),
    Permission("POST /v1/posts", "Publish a post", _POSTS),
    Permission("GET /v1/accounts/{id}/posts", "Look for a post after a lost response", _POSTS),
    Permission("DELETE /v1/posts/{id}", "Unpublish", _POSTS),
)
