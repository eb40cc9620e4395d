"""Publishes to a Mastodon server with `Mastodon.py`. Prints what it got."""

import base64
import json
import sys
from urllib.parse import parse_qs, urlsplit

import requests
from mastodon import Mastodon, MastodonAPIError, MastodonNotFoundError, MastodonUnauthorizedError

given = json.loads(sys.argv[1])
url, callback, scopes = given["url"], "https://app.test/callback", ["read:accounts", "write:statuses", "write:media"]

client_id, client_secret = Mastodon.create_app("letmepost", scopes=scopes, redirect_uris=callback, api_base_url=url)
client = Mastodon(client_id=client_id, client_secret=client_secret, api_base_url=url)
consent = client.auth_request_url(redirect_uris=callback, scopes=scopes, state="a-state", allow_http=True)
asked = {name: values[0] for name, values in parse_qs(urlsplit(consent).query).items()}
answer = requests.post(
    f"{url}/oauth/authorize", {**asked, "username": given["username"]}, allow_redirects=False, timeout=30
)
[code] = parse_qs(urlsplit(answer.headers["location"]).query)["code"]
token = client.log_in(code=code, redirect_uri=callback, scopes=scopes, allow_http=True)

first = client.status_post("Hello from Mastodon.py", idempotency_key="first", language="en")
again = client.status_post("Another text", idempotency_key="first")
reply = client.status_post("A reply", in_reply_to_id=first.id)
media = client.media_post(base64.b64decode(given["picture"]), "image/png", description="A red picture")
picture = client.status_post("A picture", media_ids=[media], spoiler_text="A warning", visibility="unlisted")
poll = client.status_post("A poll", poll=client.make_poll(["Yes", "No"], expires_in=3600))
gone = client.status_post("Deleted")
client.status_delete(gone)

errors = {}
for name, text, raised in (("long", "x" * 501, MastodonAPIError), ("blank", " ", MastodonAPIError)):
    try:
        client.status_post(text)
    except raised as error:
        errors[name] = [type(error).__name__, *error.args[1:4:2]]
try:
    client.status(gone.id)
except MastodonNotFoundError as error:
    errors["gone"] = [type(error).__name__, error.args[1]]
listed = client.account_statuses(client.me())
client.revoke_access_token(allow_http=True)
try:
    Mastodon(access_token=token, api_base_url=url).me()
except MastodonUnauthorizedError as error:
    errors["revoked"] = [type(error).__name__, error.args[1]]

print(
    json.dumps(
        {
            "ids": {"first": first.id, "again": again.id, "reply": reply.id, "picture": picture.id, "poll": poll.id},
            "listed": [status.id for status in listed],
            "reply_to": reply.in_reply_to_id,
            "alternative_texts": [attachment.description for attachment in picture.media_attachments],
            "options": [option.title for option in poll.poll.options],
            "errors": errors,
        },
        default=str,
    )
)
