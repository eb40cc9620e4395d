"""Publishes to Pinterest with `pinterest-generated-client`, the client that Pinterest generates. Prints what it got."""

import base64
import json
import os
import sys
import time
from urllib.parse import parse_qs, urlencode, urlsplit

import urllib3
from openapi_generated.pinterest_client import ApiClient, ApiException, Configuration
from openapi_generated.pinterest_client.api.boards_api import BoardsApi
from openapi_generated.pinterest_client.api.media_api import MediaApi
from openapi_generated.pinterest_client.api.pins_api import PinsApi
from openapi_generated.pinterest_client.api.user_account_api import UserAccountApi
from openapi_generated.pinterest_client.model.board import Board
from openapi_generated.pinterest_client.model.board_section import BoardSection
from openapi_generated.pinterest_client.model.media_upload_request import MediaUploadRequest
from openapi_generated.pinterest_client.model.pin_create import PinCreate

given = json.loads(sys.argv[1])
SCOPES = "boards:read,boards:write,pins:read,pins:write,user_accounts:read"
BACK = "https://app.test/callback"


def configure(token=None):
    """Return a configuration that uses the proxy: the client does not read the environment."""
    found = Configuration(access_token=token, ssl_ca_cert=os.environ["SSL_CERT_FILE"])
    found.proxy = os.environ["HTTPS_PROXY"]
    return found


def consent():
    """Return a code. The client has no method for the consent page."""
    http = urllib3.ProxyManager(os.environ["HTTPS_PROXY"], ca_certs=os.environ["SSL_CERT_FILE"])
    query = {"client_id": given["client_id"], "redirect_uri": BACK, "response_type": "code", "scope": SCOPES}
    url = f"https://www.pinterest.com/oauth/?{urlencode({**query, 'state': 's', 'choice': 'allow'})}"
    location = http.request("GET", url, redirect=False).headers["location"]
    return parse_qs(urlsplit(location).query)["code"][0]


def request_token(**form):
    """Return the tokens of a grant, from the client's own HTTP layer. Its OAuth method cannot send the app's secret."""
    credentials = base64.b64encode(f"{given['client_id']}:{given['client_secret']}".encode()).decode()
    reply = ApiClient(configure()).rest_client.POST(
        "https://api.pinterest.com/v5/oauth/token",
        headers={"Authorization": f"Basic {credentials}", "Content-Type": "application/x-www-form-urlencoded"},
        post_params=list(form.items()),
    )
    return json.loads(reply.data)


granted = request_token(grant_type="authorization_code", code=consent(), redirect_uri=BACK)
tokens = request_token(grant_type="refresh_token", refresh_token=granted["refresh_token"])
client = ApiClient(configure(tokens["access_token"]))
boards, pins = BoardsApi(client), PinsApi(client)


def pin(board_id, source, **more):
    """Return the id of a new Pin."""
    return pins.pins_create(PinCreate(board_id=board_id, media_source=source, **more))["id"]


board = boards.boards_create(Board(name="Soups", description="Hot soups", privacy="PUBLIC"))["id"]
section = boards.board_sections_create(board, BoardSection(name="Cold soups"))["id"]
image = {"source_type": "image_url", "url": "https://media.test/red.png"}
texts = {"title": "Soup", "description": "Hello from Pinterest & others: 100% ✓", "alt_text": "A red picture"}
first = pin(board, image, link="https://example.org/soup", **texts)
data = {"source_type": "image_base64", "content_type": "image/png", "data": given["picture"]}
inline = pin(board, data, description="With bytes", board_section_id=section)
items = [{"url": "https://media.test/1.png"}, {"url": "https://media.test/2.png"}]
carousel = pin(board, {"source_type": "multiple_image_urls", "items": items}, description="Two pictures")
media = MediaApi(client)
registered = media.media_create(MediaUploadRequest(media_type="video"))
fields = ApiClient.sanitize_for_serialization(registered["upload_parameters"])
storage = urllib3.ProxyManager(os.environ["HTTPS_PROXY"], ca_certs=os.environ["SSL_CERT_FILE"])
form = {**fields, "file": ("film.mp4", base64.b64decode(given["film"]), "video/mp4")}
stored = storage.request("POST", registered["upload_url"], fields=form)
processed = media.media_get(registered["media_id"])["status"]
while processed == "processing":
    time.sleep(0.5)
    processed = media.media_get(registered["media_id"])["status"]
film = {"source_type": "video_id", "media_id": registered["media_id"], "cover_image_url": "https://media.test/1.png"}
video = pin(board, film, description="A film")
gone = pin(board, image, description="Deleted")
pins.pins_delete(gone)
refusals = []
for board_id, source in (("5", image), (board, {**image, "url": "nowhere"})):
    try:
        pin(board_id, source)
    except ApiException as error:
        refusals.append([error.status, json.loads(error.body)])

print(
    json.dumps(
        {
            "user": UserAccountApi(client).user_account_get()["username"],
            "posts": {"first": first, "inline": inline, "carousel": carousel, "video": video},
            "video": [stored.status, processed],
            "boards": [one["name"] for one in boards.boards_list()["items"]],
            "listed": [one["id"] for one in boards.boards_list_pins(board)["items"]],
            "section": [one["id"] for one in boards.board_sections_list_pins(board, section)["items"]],
            "title": pins.pins_get(first)["title"],
            "refreshed": tokens["access_token"] != granted["access_token"],
            "refusals": refusals,
        }
    )
)
