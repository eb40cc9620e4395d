"""Publishes to a Page with `facebook-business`, Meta's own client. It has no login: the code is exchanged by hand."""

import json
import sys
import time
from pathlib import Path

import requests
from facebook_business import video_uploader
from facebook_business.adobjects.advideo import AdVideo
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


class PageRequest(video_uploader.VideoUploadRequest):
    """A request of the client's uploader, at the edge of Pages: it was written for ad accounts."""

    def send(self, path):
        """Send the request."""
        return super().send((path[0], "videos"))


video_uploader.VideoUploadRequest = PageRequest


def upload(path):
    """Upload a file in parts with the client's own uploader, and return the id of the video."""
    video = AdVideo(parent_id=page["id"])
    video[AdVideo.Field.filepath] = path
    return video_uploader.VideoUploader().upload(video, wait_for_encoding=True)["id"]


def publish_video(create, path, **texts):
    """Publish a file whose bytes go to the upload host. Return the id of the video and the last response."""
    started = create(params={"upload_phase": "start"})
    content = Path(path).read_bytes()
    headers = {"Authorization": f"OAuth {account['access_token']}", "offset": "0", "file_size": str(len(content))}
    requests.post(started["upload_url"], data=content, headers=headers, timeout=30).raise_for_status()
    video_id = started["video_id"]
    while AdVideo(video_id).api_get(fields=["status"])["status"]["uploading_phase"]["status"] != "complete":
        time.sleep(0.2)
    return video_id, create(params={"upload_phase": "finish", "video_id": video_id, **texts})


def post_of(video_id):
    """Return the post of a video when it is published."""
    while "post_id" not in (video := AdVideo(video_id).api_get(fields=["post_id", "status"])):
        time.sleep(0.2)
    return video["post_id"]


text = page.create_feed(params={"message": "Hello from facebook-business & others: 100% ✓"})["id"]
linked = page.create_feed(params={"message": "A link", "link": "https://example.com/a?b=1"})["id"]
photo = page.create_photo(params={"url": "https://media.test/red.png", "message": "One photo"})
staged = [stage(number) for number in (1, 2, 3)]
many = page.create_feed(params={"message": "Many photos", **attach(*staged)})["id"]
story = page.create_photo_story(params={"photo_id": stage(4)})
film = upload(given["film"])
reel, _ = publish_video(page.create_video_reel, given["film"], video_state="PUBLISHED", description="A reel")
_, video_story = publish_video(page.create_video_story, given["film"])
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
                "film": post_of(film),
                "reel": post_of(reel),
                "video_story": video_story["post_id"],
                "comment": comment,
            },
            "shown_by": Photo(staged[0]).api_get(fields=["page_story_id"])["page_story_id"],
            "listed": [post["id"] for post in page.get_published_posts(fields=["message", "created_time"])],
            "stories": [one["media_id"] for one in page.get_stories(fields=["media_id", "post_id"])],
            "refusals": refused,
        }
    )
)
