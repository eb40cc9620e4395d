"""The server's description of itself."""

from urllib.parse import quote, urlsplit

from letmepost.platforms._kit.simulator.wire import json_reply
from letmepost.platforms.bluesky.simulator.blobs import BLOB_MAX_BYTES
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State


def server_did(root: str) -> str:
    """Return the server's own DID. A port is encoded."""
    return f"did:web:{quote(urlsplit(root).netloc, safe='')}"


def describe_server(_state: State, call: SimulatedCall) -> SimulatedReply:
    """`com.atproto.server.describeServer`."""
    return json_reply(
        {
            "did": server_did(call.root),
            "availableUserDomains": [".test"],
            "inviteCodeRequired": False,
            "blobUploadLimit": BLOB_MAX_BYTES,
            "links": {},
            "contact": {},
        }
    )


def health(_state: State, _call: SimulatedCall) -> SimulatedReply:
    """`_health`."""
    return json_reply({"version": "0.4.0-sandbox"})
