"""The permissions that the calls of Threads need.

Sources, all below https://developers.facebook.com/docs/threads/: get-started, posts, retrieve-and-manage-replies,
posts/delete-posts, create-posts/location-tagging and create-posts/share-to-ig-stories (checked 2026-11-29).
"""

from letmepost.platforms.contract import Permission

_BASIC = ("threads_basic",)
_PUBLISH = (*_BASIC, "threads_content_publish")

PERMISSIONS = (
    Permission("POST /oauth/access_token", "Exchange the code of a consent"),
    Permission("GET /access_token", "Exchange the token for one that is valid for 60 days", _BASIC),
    Permission("GET /refresh_access_token", "Refresh the token", _BASIC),
    Permission("GET /v1.0/debug_token", "Read which permissions were granted"),
    Permission("GET /v1.0/me", "Identify the account, and check it", _BASIC),
    Permission(
        "POST /v1.0/{user}/threads",
        "Create the container of a post. Only a post with a location needs `threads_location_tagging`, and only one "
        "that is shared to Instagram needs `threads_share_to_instagram`. Parts of a thread and first comments also "
        "need `threads_manage_replies`.",
        (*_PUBLISH, "threads_location_tagging", "threads_share_to_instagram"),
    ),
    Permission("GET /v1.0/{container}", "Wait until a container is processed, and read the link to a post", _BASIC),
    Permission("POST /v1.0/{user}/threads_publish", "Publish a container", _PUBLISH),
    Permission(
        "GET /v1.0/{user}/threads_publishing_limit",
        "Read the quota after a refusal",
        (*_PUBLISH, "threads_manage_replies"),
    ),
    Permission("GET /v1.0/{user}/threads", "Look for a post after a lost response", _BASIC),
    Permission("GET /v1.0/{user}/replies", "Look for a reply after a lost response", (*_BASIC, "threads_read_replies")),
    Permission("DELETE /v1.0/{post}", "Unpublish", (*_BASIC, "threads_delete")),
)
