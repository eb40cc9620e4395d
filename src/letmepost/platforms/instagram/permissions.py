"""The permissions that the calls of Instagram need: those of Instagram Login, or those of Facebook Login.

Sources, below https://developers.facebook.com/docs/instagram-platform/: instagram-api-with-instagram-login,
instagram-api-with-facebook-login and instagram-graph-api/reference (checked 2026-11-28).
"""

from letmepost.platforms.contract import Permission

_BASIC = (
    "instagram_business_basic or instagram_basic",
    "instagram_business_basic or pages_show_list",
    "instagram_business_basic or pages_read_engagement",
)
_PUBLISH = (*_BASIC, "instagram_business_content_publish or instagram_content_publish")
_COMMENTS = (*_BASIC, "instagram_business_manage_comments or instagram_manage_comments")
_PAGES = ("pages_show_list", "pages_read_engagement", "instagram_basic")

PERMISSIONS = (
    Permission("POST /oauth/access_token", "Exchange the code of Instagram Login"),
    Permission(
        "GET /access_token", "Exchange the token for one that is valid for 60 days", ("instagram_business_basic",)
    ),
    Permission("GET /refresh_access_token", "Refresh the token of Instagram Login", ("instagram_business_basic",)),
    Permission("POST /v26.0/oauth/access_token", "Exchange the code of Facebook Login, and then the token"),
    Permission("GET /v26.0/me", "Identify the account, or the person and each Page", ("instagram_business_basic",)),
    Permission("GET /v26.0/me/permissions", "Read which permissions were granted"),
    Permission("GET /v26.0/me/accounts", "List the Pages and their Instagram accounts", _PAGES),
    Permission("GET /v26.0/me/businesses", "List the person's business portfolios", ("business_management",)),
    *(
        Permission(f"GET /v26.0/{{business}}/{edge}", "List the Pages of a portfolio", ("business_management",))
        for edge in ("owned_pages", "client_pages")
    ),
    Permission("POST /v26.0/{account}/media", "Create the container of a post, or of an item of a carousel", _PUBLISH),
    Permission(
        "POST /ig-api-upload/v26.0/{container}",
        "Send the bytes of a video, with Facebook Login",
        (*_PAGES, "instagram_content_publish"),
    ),
    Permission("POST /v26.0/{account}/media_publish", "Publish a container", _PUBLISH),
    Permission("GET /v26.0/{account}/content_publishing_limit", "Read the quota of 24 hours", _PUBLISH),
    Permission(
        "GET /v26.0/{object}",
        "Read how much of a video has arrived, wait until a container is processed, and read the link to a post",
        _BASIC,
    ),
    Permission("GET /v26.0/{account}/media", "Look for a post after a lost response", _BASIC),
    Permission("GET /v26.0/{account}/stories", "Look for a story after a lost response", _BASIC),
    Permission("POST /v26.0/{post}/comments", "Publish the first comment", _COMMENTS),
    Permission("GET /v26.0/{post}/comments", "Look for the first comment after a lost response", _COMMENTS),
    Permission("GET /v26.0/{post}/poll_attachment", "Check that the poll is attached", _PAGES),
    Permission("GET /v26.0/{post}/prompt_response", "Check that the comment prompt is attached", _PAGES),
    Permission("DELETE /v26.0/{post}", "Unpublish, with Facebook Login only", (*_PAGES, "instagram_manage_contents")),
)
