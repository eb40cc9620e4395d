"""The permissions that the calls of Facebook need.

Sources, all below https://developers.facebook.com/docs/: pages-api/posts, pages-api/manage-pages,
pages-api/comments-mentions, page-stories-api and permissions (checked 2026-11-28).
"""

from letmepost.platforms.contract import Permission

_LIST = ("pages_show_list",)
_READ = ("pages_read_engagement",)
_POST = (*_READ, "pages_manage_posts")

PERMISSIONS = (
    Permission("POST /v26.0/oauth/access_token", "Exchange the code of a consent, and then the token for a longer one"),
    Permission("GET /v26.0/me", "Identify the person or the Page, and check the account"),
    Permission("GET /v26.0/me/permissions", "Read which permissions were granted"),
    Permission("GET /v26.0/me/accounts", "List the Pages of the person", _LIST),
    Permission("GET /v26.0/me/businesses", "List the business portfolios of the person", ("business_management",)),
    Permission("GET /v26.0/{business}/owned_pages", "List the Pages of a portfolio", ("business_management", *_LIST)),
    Permission(
        "GET /v26.0/{business}/client_pages", "List the Pages that a portfolio manages", ("business_management", *_LIST)
    ),
    Permission("POST /v26.0/{page}/photos", "Stage a photo, which is not visible", _POST),
    Permission("POST /v26.0/{page}/feed", "Publish a post", _POST),
    Permission("POST /v26.0/{page}/photo_stories", "Publish a story", _POST),
    Permission(
        "POST /v26.0/{page}/videos", "Upload a video for the feed, and publish it. Its bytes are sent in parts", _POST
    ),
    Permission("POST /v26.0/{page}/video_reels", "Begin the upload of a reel, and publish it", _POST),
    Permission("POST /v26.0/{page}/video_stories", "Begin the upload of a video story, and publish it", _POST),
    Permission("POST /video-upload/v26.0/{video}", "Send the bytes of a reel or a video story", _POST),
    Permission("POST /v26.0/{video}/thumbnails", "Set the thumbnail of a video or a reel", _POST),
    Permission("POST /v26.0/{post}/comments", "Publish the first comment", (*_READ, "pages_manage_engagement")),
    Permission(
        "GET /v26.0/{object}",
        "Read the token of a Page of a portfolio, the link to a post, which post shows a photo, and the status of a "
        "video",
        _READ,
    ),
    Permission("GET /v26.0/{page}/published_posts", "Look for a post after a lost response", _READ),
    Permission("GET /v26.0/{page}/stories", "Look for a story after a lost response", _READ),
    Permission("GET /v26.0/{post}/comments", "Look for the first comment after a lost response", _READ),
    Permission(
        "GET /v26.0/{page}/video_reels",
        "Count the reels of 24 hours after a refusal, and look for a reel that cannot be read",
        _READ,
    ),
    Permission("GET /v26.0/{page}/videos", "Look for a video that cannot be read after a lost response", _READ),
    Permission("DELETE /v26.0/{object}", "Unpublish, and delete staged photos and videos of a rejected post", _POST),
)
