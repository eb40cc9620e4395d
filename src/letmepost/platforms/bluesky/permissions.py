"""The calls of Bluesky. An app password allows all of them, and has no scopes.

Source: https://atproto.com/specs/xrpc#app-passwords (checked 2026-11-29).
"""

from letmepost.platforms.bluesky import xrpc
from letmepost.platforms.contract import Permission

PERMISSIONS = (
    Permission("GET /xrpc/com.atproto.identity.resolveHandle", "Find the account of a handle"),
    Permission("GET /.well-known/atproto-did", "Find the account of a handle that is a domain"),
    Permission("GET /.well-known/did.json", "Find the server of an account whose identity is a domain"),
    Permission("GET /{did}", "Find the server of an account, in the PLC directory"),
    Permission("GET /xrpc/app.bsky.actor.getProfile", "Show the name and picture of an account"),
    Permission(f"POST /xrpc/{xrpc.CREATE_SESSION}", "Connect"),
    Permission(f"POST /xrpc/{xrpc.REFRESH_SESSION}", "Refresh the token"),
    Permission(f"GET /xrpc/{xrpc.GET_SESSION}", "Check the token"),
    Permission(f"POST /xrpc/{xrpc.DELETE_SESSION}", "Disconnect"),
    Permission(f"POST /xrpc/{xrpc.UPLOAD_BLOB}", "Upload an image, or a video without the video service"),
    Permission(
        f"GET /xrpc/{xrpc.DESCRIBE_SERVER}", "Find the name and the limits of a server before a video is uploaded"
    ),
    Permission(f"GET /xrpc/{xrpc.GET_SERVICE_AUTH}", "Let the video service store a video on the account's server"),
    Permission(f"POST /xrpc/{xrpc.UPLOAD_VIDEO}", "Upload a video to the video service"),
    Permission(f"GET /xrpc/{xrpc.GET_JOB_STATUS}", "Wait until the video service has processed a video"),
    Permission(f"POST /xrpc/{xrpc.PUT_RECORD}", "Publish a post, a part of a thread, a reply rule or a first comment"),
    Permission(f"GET /xrpc/{xrpc.GET_RECORD}", "Look for a post, and read posts that are quoted or replied to"),
    Permission(f"POST /xrpc/{xrpc.DELETE_RECORD}", "Unpublish"),
)
