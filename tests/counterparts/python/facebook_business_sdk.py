"""Publishes to a Page with `facebook-business`, Meta's own client. It has no login: the code is exchanged by hand."""

import json
import sys

import requests
from facebook_business.adobjects.page import Page
from facebook_business.adobjects.pagepost import PagePost
from facebook_business.adobjects.photo import Photo
from facebook_business.adobjects.user import User
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError

given = json.loads(sys.argv[1])
app = {"client_id": given["client_id"], "client_secret": given["client_secret"]}


def exchange(**parameters):
    """Return a token of the person."""
    url = "https://graph.facebook.com/v26.0/oauth/access_token"
    response = requests.get(url, params={**app, **parameters}, timeout=30)
    response.raise_for_status()
    return response.json()["access_token"]


def use(token):
    """Sign what follows with a token, and with the proof of the app's secret."""
    FacebookAdsApi.init(app["client_id"], app["client_secret"], token, crash_log=False)


short = exchange(code=given["code"], redirect_uri="https://app.test/")
use(exchange(grant_type="fb_exchange_token", fb_exchange_token=short))
[account] = User("me").get_accounts(fields=["name", "access_token", "tasks"])
granted = [row["permission"] for row in User("me").get_permissions() if row["status"] == "granted"]
use(account["access_token"])
page = Page(account["id"])


def attach(*photo_ids):
    """Return the parameter that shows staged photos."""
    return {"attached_media": [{"media_fbid": photo_id} for photo_id in photo_ids]}


def stage(number):
    """Return the id of a photo that is not visible yet."""
    url = f"https://media.test/{number}.png"
    return page.create_photo(params={"url": url, "published": False, "alt_text_custom": f"Picture {number}"})["id"]


def refusal(run):
    """Return the code and the subcode with which a call is refused."""
    try:
        run()
    except FacebookRequestError as error:
        return [error.http_status(), error.api_error_code(), error.api_error_subcode()]
    raise AssertionError("it was accepted")


text = page.create_feed(params={"message": "Hello from facebook-business & others: 100% ✓"})["id"]
linked = page.create_feed(params={"message": "A link", "link": "https://example.com/a?b=1"})["id"]
photo = page.create_photo(params={"url": "https://media.test/red.png", "message": "One photo"})
staged = [stage(number) for number in (1, 2, 3)]
many = page.create_feed(params={"message": "Many photos", **attach(*staged)})["id"]
story = page.create_photo_story(params={"photo_id": stage(4)})
comment = PagePost(many).create_comment(params={"message": "The first comment"})["id"]
deleted = page.create_feed(params={"message": "Deleted"})["id"]
PagePost(deleted).api_delete()
refused = [
    refusal(lambda: page.create_feed(params={})),
    refusal(lambda: page.create_feed(params={"message": "Again", **attach(*staged)})),
    refusal(lambda: PagePost(deleted).api_get()),
]

print(
    json.dumps(
        {
            "page": page["id"],
            "granted": granted,
            "tasks": account["tasks"],
            "posts": {
                "text": text,
                "link": linked,
                "photo": photo["post_id"],
                "many": many,
                "story": story["post_id"],
                "comment": comment,
            },
            "shown_by": Photo(staged[0]).api_get(fields=["page_story_id"])["page_story_id"],
            "listed": [post["id"] for post in page.get_published_posts(fields=["message", "created_time"])],
            "stories": [one["media_id"] for one in page.get_stories(fields=["media_id", "post_id"])],
            "refusals": refused,
        }
    )
)
