"""Publishes to Instagram with `facebook-business`, Meta's own client. It has no login: a person consents by hand."""

import json
import sys
import time
from urllib.parse import parse_qs, urlsplit

import requests
from facebook_business.adobjects.igmedia import IGMedia
from facebook_business.adobjects.iguser import IGUser
from facebook_business.adobjects.shadowigmediabuilder import ShadowIGMediaBuilder
from facebook_business.adobjects.user import User
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError

given = json.loads(sys.argv[1])
app = {"client_id": given["client_id"], "client_secret": given["client_secret"]}
CALLBACK = "https://app.test/"


def consent():
    """Return the code of a person who allows everything."""
    asked = {"client_id": app["client_id"], "redirect_uri": CALLBACK, "response_type": "code", "choice": "allow"}
    response = requests.get(
        "https://www.facebook.com/v26.0/dialog/oauth",
        params={**asked, "scope": ",".join(given["scopes"])},
        allow_redirects=False,
        timeout=30,
    )
    return parse_qs(urlsplit(response.headers["location"]).query)["code"][0]


def exchange(**parameters):
    """Return a token of the person."""
    url = "https://graph.facebook.com/v26.0/oauth/access_token"
    response = requests.get(url, params={**app, **parameters}, timeout=30)
    response.raise_for_status()
    return response.json()["access_token"]


def use(token):
    """Sign what follows with a token, and with the proof of the app's secret."""
    FacebookAdsApi.init(app["client_id"], app["client_secret"], token, crash_log=False)


short = exchange(code=consent(), redirect_uri=CALLBACK)
use(exchange(grant_type="fb_exchange_token", fb_exchange_token=short))
[page] = User("me").get_accounts(fields=["name", "access_token", "instagram_business_account{id,username}"])
use(page["access_token"])
account = IGUser(page["instagram_business_account"]["id"])


def make(**params):
    """Return the id of a container."""
    return account.create_media(params=params)["id"]


def wait(container):
    """Return the statuses of a container until it is ready."""
    seen = []
    while not seen or seen[-1] == "IN_PROGRESS":
        time.sleep(0.3 if seen else 0)
        seen.append(ShadowIGMediaBuilder(container).api_get(fields=["status_code", "status"])["status_code"])
    return seen


def publish(container):
    """Return the id of the post that a container becomes."""
    wait(container)
    return account.create_media_publish(params={"creation_id": container})["id"]


def refusal(run):
    """Return the code and the subcode with which a call is refused."""
    try:
        run()
    except FacebookRequestError as error:
        return [error.api_error_code(), error.api_error_subcode()]
    raise AssertionError("it was accepted")


first = make(
    image_url="https://media.test/1.jpg", caption="Hello from facebook-business & others: 100% ✓", alt_text="A cat"
)
early = refusal(lambda: account.create_media_publish(params={"creation_id": first}))
statuses = wait(first)
image = publish(first)
tagged = publish(
    make(
        image_url="https://media.test/2.jpg",
        caption="People",
        collaborators=["alice"],
        user_tags=[{"username": "bob", "x": 0.5, "y": 0.25}],
        location_id="106377336067638",
        is_ai_generated=True,
    )
)
children = [make(image_url=f"https://media.test/{number}.jpg", is_carousel_item=True) for number in (3, 4)]
for child in children:
    wait(child)
carousel = publish(make(media_type="CAROUSEL", children=children, caption="Two pictures"))
story = publish(make(media_type="STORIES", image_url="https://media.test/5.jpg"))
comment = IGMedia(image).create_comment(params={"message": "The first comment"})["id"]
again = refusal(lambda: account.create_media_publish(params={"creation_id": first}))
long = refusal(lambda: make(image_url="https://media.test/6.jpg", caption="x" * 2201))

print(
    json.dumps(
        {
            "account": account["id"],
            "posts": {"image": image, "tagged": tagged, "carousel": carousel, "story": story, "comment": comment},
            "statuses": statuses,
            "permalink": IGMedia(image).api_get(fields=["permalink"])["permalink"],
            "listed": [one["id"] for one in account.get_media(fields=["caption", "timestamp"])],
            "stories": [one["id"] for one in account.get_stories(fields=["id"])],
            "comments": [one["text"] for one in IGMedia(image).get_comments(fields=["text", "username"])],
            "quota": [dict(one) for one in account.get_content_publishing_limit(fields=["quota_usage", "config"])],
            "refusals": {"early": early, "again": again, "long": long},
        },
        default=dict,
    )
)
