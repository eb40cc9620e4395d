"""Publishes to X with `xdk`, the client of X itself. Prints what it got."""

import base64
import json
import sys
from urllib.parse import parse_qs, urlsplit

import requests
from xdk import Client
from xdk.media.models import (
    AppendUploadRequest,
    CreateMetadataRequest,
    InitializeUploadRequest,
    UploadRequest,
)
from xdk.posts.models import CreateRequest

given = json.loads(sys.argv[1])
client = Client(
    client_id=given["client_id"],
    client_secret=given["client_secret"],
    redirect_uri="https://app.test/callback",
    scope=["tweet.read", "tweet.write", "users.read", "media.write", "offline.access"],
)
consent = client.get_authorization_url(state="a-state")
allowed = requests.get(f"{consent}&choice=allow", allow_redirects=False, timeout=30).headers["location"]
first_token = client.exchange_code(parse_qs(urlsplit(allowed).query)["code"][0])
client.refresh_token()

picture, film = base64.b64decode(given["picture"]), base64.b64decode(given["film"])


def post(**body: object) -> str:
    """Return the id of a new post."""
    return client.posts.create(CreateRequest(**body)).data.id


def whole() -> str:
    """Return the id of a picture that is uploaded in one request."""
    return client.media.upload(UploadRequest(media=given["picture"], media_category="tweet_image")).data.id


def chunked(content: bytes, category: str, media_type: str) -> str:
    """Return the id of a media item that is uploaded in two segments."""
    begun = client.media.initialize_upload(
        InitializeUploadRequest(media_category=category, media_type=media_type, total_bytes=len(content))
    )
    media_id, middle = begun.data.id, len(content) // 2
    for index, part in enumerate((content[:middle], content[middle:])):
        media = base64.b64encode(part).decode()
        client.media.append_upload(media_id, AppendUploadRequest(media=media, segment_index=index))
    client.media.finalize_upload(media_id)
    while client.media.get_upload_status(media_id=media_id).data.processing_info.state != "succeeded":
        pass
    return media_id


first = post(text="Hello from xdk")
second = post(text="A reply from xdk", reply={"in_reply_to_tweet_id": first})
media_ids = [whole(), chunked(picture, "tweet_image", "image/png")]
client.media.create_metadata(CreateMetadataRequest(id=media_ids[0], metadata={"alt_text": {"text": "A red picture"}}))
with_images = post(text="Pictures from xdk", media={"media_ids": media_ids})
film_id = chunked(film, "tweet_video", "video/mp4")
with_film = post(text="A film from xdk", media={"media_ids": [film_id]})
deleted = post(text="Deleted by xdk")
was_deleted = client.posts.delete(deleted).data.deleted
try:
    post(text="x" * 281)
except requests.HTTPError as error:
    refusal = {"type": type(error).__name__, "status": error.response.status_code, "body": error.response.json()}

print(
    json.dumps(
        {
            "user": client.users.get_me().data.username,
            "posts": {"first": first, "reply": second, "pictures": with_images, "film": with_film},
            "deleted": was_deleted,
            "media": media_ids,
            "film": film_id,
            "refusal": refusal,
            "refreshed": client.token["access_token"] != first_token["access_token"],
        }
    )
)
