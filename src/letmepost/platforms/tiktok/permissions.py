"""The permissions that the calls of TikTok need: https://developers.tiktok.com/docs/en/scopes-overview.

Checked 2026-11-28.
"""

from letmepost.platforms.contract import Permission

_PUBLISH = ("video.publish",)
_INBOX = ("video.upload",)

PERMISSIONS = (
    Permission("POST /v2/oauth/token/", "Exchange the code of a consent, and refresh the tokens"),
    Permission("POST /v2/oauth/revoke/", "Disconnect the account"),
    Permission("GET /v2/user/info/", "Identify the account, and check it", ("user.info.basic", "user.info.profile")),
    Permission("POST /v2/post/publish/creator_info/query/", "Read what the account may do, before each post", _PUBLISH),
    Permission("POST /v2/post/publish/video/init/", "Start the upload of a video", _PUBLISH),
    Permission("POST /v2/post/publish/inbox/video/init/", "Start the upload of a video for the inbox", _INBOX),
    Permission("POST /v2/post/publish/content/init/", "Publish photos, or send them to the inbox", _PUBLISH),
    Permission("PUT /video/", "Upload a part of a video"),
    Permission("POST /v2/post/publish/status/fetch/", "Wait until a post is processed", _PUBLISH),
    Permission("POST /v2/video/list/", "Look for a post after a lost response, and for its link", ("video.list",)),
)
