"""Publishes to Threads with `threadspipepy`. It returns refusals, and has no method that deletes a post."""

import json
import sys

from threadspipepy.threadspipe import ThreadsPipe

given = json.loads(sys.argv[1])
unknown = ThreadsPipe(user_id=0, access_token="unknown")
exchanged = unknown.get_access_tokens(given["client_id"], given["client_secret"], given["code"], "https://app.test/")
client = ThreadsPipe(
    user_id=exchanged["user_id"],
    access_token=exchanged["tokens"]["long_lived"]["access_token"],
    # The simulator processes media faster than the 35 seconds that the client waits between two looks.
    post_publish_wait_time=0.2,
    media_item_publish_wait_time=0.2,
)


def publish(text, **more):
    """Return the ids of new posts: more than one if the client has divided the text."""
    response = client.pipe(text, **more)
    assert "error" not in response, response
    return response["data"]["media_ids"]


[first] = publish("Hello from threadspipepy & others: 100% ✓")
[reply] = publish("A reply", reply_to_id=first)
[picture] = publish("A picture", files=["https://media.test/red.png"], file_captions=["A red picture"])
[carousel] = publish("Two pictures", files=["https://media.test/1.png", "https://media.test/2.png"])
parts = publish("a" * 500 + "b" * 300)
refused = client.pipe("To no post", reply_to_id="17890000000000001")
expired = unknown.pipe("No token")

print(
    json.dumps(
        {
            "user_id": exchanged["user_id"],
            "posts": {"first": first, "reply": reply, "picture": picture, "carousel": carousel},
            "parts": parts,
            "quota": client.get_quota_usage()["data"],
            "refusals": [json.loads(json.dumps(one, default=str)) for one in (refused, expired)],
        }
    )
)
