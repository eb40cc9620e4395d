"""Publishes to a Mastodon server with `Mastodon.py`. Prints what it got."""

import base64
import json
import sys
import time
from urllib.parse import parse_qs, urlsplit

import requests
from mastodon import Mastodon, MastodonAPIError, MastodonNotFoundError, MastodonUnauthorizedError

given = json.loads(sys.argv[1])
url, callback, scopes = given["url"], "https://app.test/callback", ["read:accounts", "write:statuses", "write:media"]
scopes += given.get("more_scopes", [])


def consent(page):
    """Return the redirect after consent: on a page with links or, for a user with a name, with a form."""
    if "username" not in given:
        return requests.get(f"{page}&choice=allow", allow_redirects=False, timeout=30)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(page).query).items()}
    form = {**asked, "username": given["username"]}
    return requests.post(f"{url}/oauth/authorize", form, allow_redirects=False, timeout=30)


client_id, client_secret = Mastodon.create_app("letmepost", scopes=scopes, redirect_uris=callback, api_base_url=url)
client = Mastodon(client_id=client_id, client_secret=client_secret, api_base_url=url)
page = client.auth_request_url(redirect_uris=callback, scopes=scopes, state="a-state", allow_http=True)
[code] = parse_qs(urlsplit(consent(page).headers["location"]).query)["code"]
token = client.log_in(code=code, redirect_uri=callback, scopes=scopes, allow_http=True)

errors = {}


def fails(name, raised, call):
    """Note the error that a call raises."""
    try:
        call()
    except raised as error:
        errors[name] = [type(error).__name__, *error.args[1:4:2]]


first = client.status_post("Hello from Mastodon.py", idempotency_key="first", language="en")
again = client.status_post("Another text", idempotency_key="first")
reply = client.status_post("A reply", in_reply_to_id=first.id)
media = client.media_post(base64.b64decode(given["picture"]), "image/png", description="A red picture")
picture = client.status_post("A picture", media_ids=[media], spoiler_text="A warning", visibility="unlisted")
poll = client.status_post("A poll", poll=client.make_poll(["Yes", "No"], expires_in=3600))
gone = client.status_post("Deleted")
client.status_delete(gone)
fails("long", MastodonAPIError, lambda: client.status_post("x" * 501))
fails("blank", MastodonAPIError, lambda: client.status_post(" "))
fails("gone", MastodonNotFoundError, lambda: client.status(gone.id))
posts = {"first": first.id, "again": again.id, "reply": reply.id, "picture": picture.id, "poll": poll.id}

processed = []
if "animation" in given:
    item = client.media_post(base64.b64decode(given["animation"]), "image/gif", description="A red animation")
    fails("unprocessed", MastodonAPIError, lambda: client.status_post("Too early", media_ids=[item]))
    while item.url is None:
        processed.append(item.url)
        time.sleep(0.2)
        item = client.media(item)
    processed.append(item.url)
    posts["animation"] = client.status_post("An animation", media_ids=[item]).id

listed = client.account_statuses(client.me())
client.revoke_access_token(allow_http=True)
fails("revoked", MastodonUnauthorizedError, Mastodon(access_token=token, api_base_url=url).me)

print(
    json.dumps(
        {
            "posts": posts,
            "listed": [status.id for status in listed],
            "reply_to": reply.in_reply_to_id,
            "alternative_texts": [attachment.description for attachment in picture.media_attachments],
            "options": [option.title for option in poll.poll.options],
            "processed": processed,
            "errors": errors,
        },
        default=str,
    )
)
