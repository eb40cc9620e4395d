"""Publishes to LinkedIn with `linkedin-api-client`, the client of LinkedIn itself. Prints what it got."""

import base64
import json
import os
import sys
import time
from urllib.parse import parse_qs, urlsplit

import requests
from linkedin_api.clients.auth.client import AuthClient
from linkedin_api.clients.restli.client import RestliClient

given = json.loads(sys.argv[1])
auth = AuthClient(given["client_id"], given["client_secret"], "https://app.test/callback")
client = RestliClient()
for part in (auth, client):
    # It prepares its requests itself, and so requests does not read this setting from the environment.
    part.session.verify = os.environ["REQUESTS_CA_BUNDLE"]

consent = auth.generate_member_auth_url(["openid", "profile", "w_member_social"], "a-state")
allowed = requests.get(f"{consent}&choice=member", allow_redirects=False, timeout=30).headers["location"]
token = auth.exchange_auth_code_for_access_token(parse_qs(urlsplit(allowed).query)["code"][0]).access_token
introspected = auth.introspect_access_token(token)
sub = client.get(resource_path="/userinfo", access_token=token).entity["sub"]
author = f"urn:li:person:{sub}"
versioned = {"access_token": token, "version_string": given["version"]}


def post(commentary, **more):
    """Return the response to a new post."""
    entity = {
        "author": author,
        "commentary": commentary,
        "visibility": "PUBLIC",
        "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
        **more,
    }
    return client.create(resource_path="/posts", entity=entity, **versioned)


def upload():
    """Return the URN of an uploaded picture."""
    started = client.action(
        resource_path="/images",
        action_name="initializeUpload",
        action_params={"initializeUploadRequest": {"owner": author}},
        **versioned,
    )
    bearer = {"authorization": f"Bearer {token}"}
    requests.put(started.value["uploadUrl"], base64.b64decode(given["picture"]), headers=bearer, timeout=30)
    return started.value["image"]


def upload_film():
    """Return the URN of a video that was uploaded in the parts that LinkedIn lists, and processed."""
    film = base64.b64decode(given["film"]).ljust(given["film_bytes"], b"\0")
    request = {"owner": author, "fileSizeBytes": len(film), "uploadCaptions": False, "uploadThumbnail": False}
    started = client.action(
        resource_path="/videos",
        action_name="initializeUpload",
        action_params={"initializeUploadRequest": request},
        **versioned,
    ).value
    etags = []
    for part in started["uploadInstructions"]:
        data = film[part["firstByte"] : part["lastByte"] + 1]
        sent = requests.put(part["uploadUrl"], data, headers={"authorization": f"Bearer {token}"}, timeout=30)
        etags.append(sent.headers["etag"].strip('"'))
    urn = started["video"]
    # The client cannot read the response to this action, which has no body.
    ended = {"video": urn, "uploadToken": started["uploadToken"], "uploadedPartIds": etags}
    requests.post(
        "https://api.linkedin.com/rest/videos?action=finalizeUpload",
        json={"finalizeUploadRequest": ended},
        headers={
            "authorization": f"Bearer {token}",
            "LinkedIn-Version": given["version"],
            "X-Restli-Protocol-Version": "2.0.0",
        },
        timeout=30,
    ).raise_for_status()
    while client.get(resource_path="/videos/{id}", path_keys={"id": urn}, **versioned).entity["status"] != "AVAILABLE":
        time.sleep(0.2)
    return urn


first = post("Hello from linkedin-api-client").decoded_entity_id
pictured = post("A picture", content={"media": {"id": upload(), "altText": "A red picture"}}).decoded_entity_id
while True:
    comment = client.create(
        resource_path="/socialActions/{id}/comments",
        path_keys={"id": first},
        entity={"actor": author, "object": first, "message": {"text": "A comment"}},
        **versioned,
    )
    if comment.status_code != 400 or "Unable to obtain activity" not in comment.entity["message"]:
        break
    time.sleep(0.2)  # a new post accepts comments only after a moment
filmed = post("A film", content={"media": {"id": upload_film(), "title": "A film"}}).decoded_entity_id
gone = post("Deleted").decoded_entity_id
deleted = client.delete(resource_path="/posts/{id}", path_keys={"id": gone}, **versioned)
refused = post("x" * 3001)

print(
    json.dumps(
        {
            "introspected": introspected.status,
            "posts": {"first": first, "picture": pictured, "film": filmed},
            "comment": [comment.status_code, comment.decoded_entity_id],
            "deleted": deleted.status_code,
            "refusal": {"status": refused.status_code, "id": refused.decoded_entity_id, "body": refused.entity},
        }
    )
)
