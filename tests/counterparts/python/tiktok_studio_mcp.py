"""Publishes to TikTok with the tools of `tiktok-studio-mcp`. Prints what they returned."""

import asyncio
import json
import os
import sys
import tempfile
import threading
import time
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import requests
from mcp.server.fastmcp.exceptions import ToolError
from tiktok_mcp.auth import run_auth_flow
from tiktok_mcp.client import TikTok
from tiktok_mcp.secrets import SecretStore
from tiktok_mcp.server import build_app

given = json.loads(sys.argv[1])
os.environ["TIKTOK_MCP_SCOPES"] = "user.info.basic,video.publish,video.upload,video.list"
FINISHED = {"PUBLISH_COMPLETE", "SEND_TO_USER_INBOX", "FAILED"}


class MemoryStore(SecretStore):
    """Credentials in memory."""

    def __init__(self):
        self.secrets = {}

    def get(self, key):
        return self.secrets.get(key)

    def set(self, key, value):
        self.secrets[key] = value


def consent(printed):
    """Do what a person does: open the printed link, allow everything, and return to the client on loopback."""
    while "https://" not in printed.getvalue():
        time.sleep(0.01)
    link = next(line for line in printed.getvalue().splitlines() if line.startswith("https://"))
    back = requests.get(f"{link}&choice=allow", allow_redirects=False, timeout=30).headers["location"]
    requests.get(back.replace("localhost", "127.0.0.1"), timeout=30)


def authorize(store):
    """Connect an account with the client's own flow, which has PKCE."""
    printed = StringIO()
    person = threading.Thread(target=consent, args=(printed,))
    person.start()
    with redirect_stdout(printed):
        run_auth_flow(given["client_key"], given["client_secret"], store)
    person.join()


store = MemoryStore()
authorize(store)
first_refresh_token = store.get("refresh_token")
client = TikTok(store)
app = build_app(client)


def call(tool, **arguments):
    """Return what a tool returned, or the text of its error."""
    try:
        content = asyncio.run(app.call_tool(tool, arguments))
    except ToolError as error:
        return {"error": str(error)}
    items = content[0] if isinstance(content, tuple) else content
    return json.loads(items[0].text)


def publish(mode, caption, privacy_level="PUBLIC_TO_EVERYONE"):
    """Publish a video; return its id, and its last status."""
    os.environ["TIKTOK_MCP_MODE"] = mode
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "movie.mp4"
        file.write_bytes(b"\x00\x00\x00\x18ftypmp42" + b"\n" * given["size_bytes"])
        sent = call("post_video", file_path=str(file), caption=caption, privacy_level=privacy_level, disable_duet=True)
    if "publish_id" not in sent:
        return None, sent
    while True:
        status = call("post_status", publish_id=sent["publish_id"])["data"]
        if status["status"] in FINISHED:
            return sent["publish_id"], status
        time.sleep(0.3)


public, published = publish("publish", "Hello from an MCP server & others: 100% ✓ 👍")
private, _ = publish("publish", "Only for me", "SELF_ONLY")
_, delivered = publish("upload", "Lost in the inbox")
_, refused = publish("publish", "a" * 2201)
print(
    json.dumps(
        {
            "posts": {"public": public, "private": private},
            "published": published,
            "delivered": delivered,
            "refused": refused["error"],
            "unknown": call("post_status", publish_id="v_pub_file~v2-1.1")["error"],
            "health": call("health_check"),
            "listed": call("list_videos")["data"],
            "rotated": store.get("refresh_token") != first_refresh_token,
        }
    )
)
