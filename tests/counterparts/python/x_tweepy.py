"""Publishes to X with `tweepy`. Its uploads use version 1.1 of the API and OAuth 1.0a, so it posts no picture here."""

import json
import sys

import requests
import tweepy

given = json.loads(sys.argv[1])
handler = tweepy.OAuth2UserHandler(
    client_id=given["client_id"],
    client_secret=given["client_secret"],
    redirect_uri="https://app.test/callback",
    scope=["tweet.read", "tweet.write", "users.read", "offline.access"],
)
consent = handler.get_authorization_url()
allowed = requests.get(f"{consent}&choice=allow", allow_redirects=False, timeout=30).headers["location"]
client = tweepy.Client(handler.fetch_token(allowed)["access_token"])


def post(text: str, **body: object) -> str:
    """Return the id of a new post."""
    return client.create_tweet(text=text, user_auth=False, **body).data["id"]


first = post("Hello from tweepy")
second = post("A reply from tweepy", in_reply_to_tweet_id=first)
polled = post("A poll from tweepy", poll_options=["Yes", "No"], poll_duration_minutes=60)
was_deleted = client.delete_tweet(post("Deleted by tweepy"), user_auth=False).data["deleted"]
try:
    post("x" * 281)
except tweepy.Forbidden as error:
    refusal = {"type": type(error).__name__, "status": error.response.status_code, "messages": error.api_messages}

print(
    json.dumps(
        {
            "user": client.get_me(user_auth=False).data.username,
            "posts": {"first": first, "reply": second, "poll": polled},
            "deleted": was_deleted,
            "refusal": refusal,
        }
    )
)
