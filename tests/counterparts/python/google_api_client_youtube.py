"""Publishes to YouTube with `google-api-python-client`, Google's own client. Prints what it got."""

import json
import os
import sys
import tempfile
from urllib.parse import parse_qs, urlencode, urlsplit

import httplib2
from google.oauth2.credentials import Credentials
from google_auth_httplib2 import AuthorizedHttp, Request
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from googleapiclient.http import MediaFileUpload, MediaInMemoryUpload

given = json.loads(sys.argv[1])
SCOPE = "https://www.googleapis.com/auth/youtube.force-ssl"
BACK = "https://app.test/callback"
PART = 256 * 1024
PNG = b"\x89PNG\r\n\x1a\nimage"


def http():
    """Return a client that trusts the certificate of the simulator, and follows no redirect."""
    found = httplib2.Http(ca_certs=os.environ["SSL_CERT_FILE"])
    found.follow_redirects = False
    found.redirect_codes = found.redirect_codes - {308}
    return found


def consent():
    """Return a code. The client has no method for the consent page."""
    query = {"client_id": given["client_id"], "redirect_uri": BACK, "response_type": "code", "scope": SCOPE}
    query |= {"state": "s", "access_type": "offline", "prompt": "consent", "choice": "allow"}
    response, _ = http().request(f"https://accounts.google.com/o/oauth2/v2/auth?{urlencode(query)}")
    return parse_qs(urlsplit(response["location"]).query)["code"][0]


def connect(code):
    """Return the API and the credentials of the channel that consented."""
    client = {"client_id": given["client_id"], "client_secret": given["client_secret"]}
    form = {**client, "grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    headers = {"content-type": "application/x-www-form-urlencoded"}
    _, body = http().request("https://oauth2.googleapis.com/token", "POST", urlencode(form), headers)
    granted = json.loads(body)
    credentials = Credentials(
        granted["access_token"],
        refresh_token=granted["refresh_token"],
        token_uri="https://oauth2.googleapis.com/token",
        **client,
    )
    return build("youtube", "v3", http=AuthorizedHttp(credentials, http())), credentials


def upload(api, path, title, **status):
    """Upload a file in parts, and return its video and the statuses of the parts that failed."""
    body = {
        "snippet": {"title": title, "description": f"About {title} & others: 100% ✓", "tags": ["a", "two words"]},
        "status": {"privacyStatus": "public", "selfDeclaredMadeForKids": False, **status},
    }
    media = MediaFileUpload(path, mimetype="video/mp4", chunksize=PART, resumable=True)
    request = api.videos().insert(part="snippet,status", body=body, media_body=media, notifySubscribers=False)
    offsets, failures, video = [], [], None
    while video is None:
        try:
            progress, video = request.next_chunk()
        except HttpError as error:
            if error.resp.status < 500:
                raise
            failures.append(error.resp.status)
        else:
            if progress is not None:
                offsets.append(progress.resumable_progress)
    return video, offsets, failures


def refusal(request):
    """Return the status and the reason with which a request fails."""
    try:
        request()
    except HttpError as error:
        return [error.resp.status, json.loads(error.content)["error"]["errors"][0]["reason"]]
    return None


with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
    file.write(bytes(index % 251 for index in range(given["size"])))
    file.flush()
    api, credentials = connect(consent())
    first_token = credentials.token
    credentials.refresh(Request(http()))
    videos = {"first": upload(api, file.name, "First")}
    for scenario, code in given["codes"].items():
        videos[scenario] = upload(connect(code)[0], file.name, scenario)
    gone = upload(api, file.name, "Deleted")[0]["id"]
    api.videos().delete(id=gone).execute()
    too_long = refusal(lambda: upload(api, file.name, "a" * 101))

video_id = videos["first"][0]["id"]
playlist = api.playlists().list(part="id", mine=True).execute()["items"][0]["id"]
resource = {"kind": "youtube#video", "videoId": video_id}
api.playlistItems().insert(part="snippet", body={"snippet": {"playlistId": playlist, "resourceId": resource}}).execute()
thumbnail = api.thumbnails().set(videoId=video_id, media_body=MediaInMemoryUpload(PNG, "image/png")).execute()
track = {"videoId": video_id, "language": "en", "name": "English"}
text = MediaInMemoryUpload(b"1\n00:00:00,000 --> 00:00:01,000\nHi", "application/octet-stream")
caption = api.captions().insert(part="snippet", body={"snippet": track}, media_body=text).execute()
words = {"videoId": video_id, "topLevelComment": {"snippet": {"textOriginal": "A comment"}}}
comment = api.commentThreads().insert(part="snippet", body={"snippet": words}).execute()
read = api.videos().list(part="snippet,status,fileDetails", id=video_id).execute()["items"][0]
read["snippet"]["title"] = "Changed"
changed = api.videos().update(part="snippet", body={"id": video_id, "snippet": read["snippet"]}).execute()
channel = api.channels().list(part="id,contentDetails", mine=True).execute()["items"][0]
uploads = channel["contentDetails"]["relatedPlaylists"]["uploads"]
listed = api.playlistItems().list(part="contentDetails", playlistId=uploads, maxResults=50).execute()["items"]

print(
    json.dumps(
        {
            "posts": {**{name: video["id"] for name, (video, *_) in videos.items()}, "comment": comment["id"]},
            "offsets": {name: offsets for name, (_, offsets, _) in videos.items()},
            "failures": {name: failures for name, (*_, failures) in videos.items()},
            "refreshed": credentials.token != first_token,
            "thumbnail": thumbnail["items"][0]["default"]["width"],
            "caption": caption["snippet"]["status"],
            "changed": [changed["snippet"]["title"], changed["snippet"]["tags"]],
            "listed": [item["contentDetails"]["videoId"] for item in listed],
            "refusals": [too_long, refusal(lambda: api.videos().delete(id="none").execute())],
        }
    )
)
