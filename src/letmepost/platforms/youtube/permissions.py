"""The permissions that the calls of YouTube need.

Source: the discovery document `youtube.v3`, revision 20261104 (checked 2026-11-28).
"""

from letmepost.platforms.contract import Permission
from letmepost.platforms.youtube.scopes import MANAGE, MAY_READ, MAY_UPLOAD

PERMISSIONS = (
    Permission("POST /token", "Exchange the code of a consent, and refresh the access token"),
    Permission("GET /youtube/v3/channels", "Identify the channel, and check it", (MAY_READ,)),
    Permission("POST /upload/youtube/v3/videos", "Open the upload of a video", (MAY_UPLOAD,)),
    Permission("PUT /upload/youtube/v3/videos", "Upload a video, and ask how much has arrived", (MAY_UPLOAD,)),
    Permission("GET /youtube/v3/videos", "Check how a video is processed, and that it is still there", (MAY_READ,)),
    Permission("POST /upload/youtube/v3/thumbnails/set", "Set the thumbnail", (MAY_UPLOAD,)),
    Permission("POST /youtube/v3/playlistItems", "Add the video to a playlist", (MANAGE,)),
    Permission(
        "GET /youtube/v3/playlistItems", "Look for a video, or for it in a playlist, after a lost response", (MAY_READ,)
    ),
    Permission("POST /upload/youtube/v3/captions", "Add captions", (MANAGE,)),
    Permission("GET /youtube/v3/captions", "Look for captions after a lost response", (MANAGE,)),
    Permission("POST /youtube/v3/commentThreads", "Publish the first comment", (MANAGE,)),
    Permission("GET /youtube/v3/commentThreads", "Look for the first comment after a lost response", (MANAGE,)),
    Permission("DELETE /youtube/v3/videos", "Unpublish", (MANAGE,)),
)
