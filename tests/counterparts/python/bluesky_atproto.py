"""Publishes to Bluesky with `atproto`. Prints what it got."""

import base64
import json
import sys

from atproto import AtUri, Client, client_utils, models
from atproto.exceptions import BadRequestError

given = json.loads(sys.argv[1])
client = Client(base_url=f"{given['url']}/xrpc")
client.login(given["identifier"], given["password"])
session = client.export_session_string()

first = client.send_post(client_utils.TextBuilder().text("Hello from ").tag("atproto", "atproto"), langs=["en"])
reference = models.create_strong_ref(first)
reply_to = models.AppBskyFeedPost.ReplyRef(parent=reference, root=reference)
reply = client.send_post("A reply", reply_to=reply_to)
quote = client.send_post("A quote", embed=models.AppBskyEmbedRecord.Main(record=reference))
picture = client.send_image("A picture", base64.b64decode(given["picture"]), "A red picture")
video = client.send_video("A film", base64.b64decode(given["film"]), "A black film")
gone = client.send_post("Deleted")
was_deleted = client.delete_post(gone.uri)
try:
    client.send_post("x" * 301)
except BadRequestError as error:
    refusal = {
        "type": type(error).__name__,
        "status": error.response.status_code,
        "error": error.response.content.error,
    }

again = Client(base_url=f"{given['url']}/xrpc")
again.login(session_string=session)
read = again.get_post(AtUri.from_str(first.uri).rkey)

print(
    json.dumps(
        {
            "did": client.me.did,
            "posts": {
                "first": first.uri,
                "reply": reply.uri,
                "quote": quote.uri,
                "picture": picture.uri,
                "video": video.uri,
            },
            "cid": first.cid,
            "read": [read.cid, read.value.text],
            "deleted": was_deleted,
            "refusal": refusal,
        }
    )
)
