"""The sandbox's simulator and the real server respond alike to the same calls: with the same status and `error`.

Messages are not compared: they change from release to release, and nothing reads them.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import pytest

from letmepost.gateways.clock import SystemClock
from tests.gateways.movies import movie
from tests.pds.images import picture
from tests.pds.network import POST, Network
from tests.pds.worlds import Real, Request, Response, Simulated, World

SESSION = "com.atproto.server."
REPO = "com.atproto.repo."
GATE = "app.bsky.feed.threadgate"
UNKNOWN_DID = f"did:plc:{'a' * 24}"
UNKNOWN_CID = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"
IMAGE = picture("PNG", 10, 10)
LARGE_IMAGE = picture("PNG", 850, 800)
MOVIE = movie()


def key(number: int) -> str:
    """Return a record key of the right form."""
    return f"3l5aaaaaaaa{chr(ord('a') + number // 26)}{chr(ord('a') + number % 26)}"


def post(text: str | None = "hello", **more: Any) -> dict[str, Any]:
    """Return a post's record. None values are omitted."""
    record = {"$type": POST, "text": text, "createdAt": "2026-11-21T10:00:00.000Z", **more}
    return {name: value for name, value in record.items() if value is not None}


def images(*blobs: Any) -> dict[str, Any]:
    """Return an embed."""
    return {"$type": "app.bsky.embed.images", "images": [{"image": blob, "alt": ""} for blob in blobs]}


def film(blob: Any, **more: Any) -> dict[str, Any]:
    """Return an embed."""
    return {"$type": "app.bsky.embed.video", "video": blob, **more}


def reply_to(uri: str, cid: str) -> dict[str, Any]:
    """Return the place of a reply to the first post of a thread."""
    return {role: {"uri": uri, "cid": cid} for role in ("root", "parent")}


def facet(start: int, end: int, **feature: str) -> list[dict[str, Any]]:
    """Return one facet."""
    return [{"index": {"byteStart": start, "byteEnd": end}, "features": [feature]}]


class Talk:
    """A conversation with a server, which stores what later calls need."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.did = world.did
        self.access = self.refresh_token = self.previous = ""
        self.cid = ""
        self.blob: Mapping[str, Any] = {}
        self.large_blob: Mapping[str, Any] = {}
        self.video: Mapping[str, Any] = {}

    async def get(self, name: str, token: str | None = None, **query: str) -> Response:
        """Send a query."""
        path = name if name.startswith("/") else f"/xrpc/{name}"
        return await self.world.send(Request(method="GET", path=path, query=query, headers=_bearing(token)))

    async def call(self, name: str, body: object = None, token: str | None = None) -> Response:
        """Call a procedure, with JSON or without a body."""
        headers = {**_bearing(token), **({} if body is None else {"content-type": "application/json"})}
        data = b"" if body is None else json.dumps(body).encode()
        return await self.world.send(Request(method="POST", path=f"/xrpc/{name}", headers=headers, body=data))

    async def grant(self, lasts_s: int = 1800, **changes: str | None) -> Response:
        """Request a token for the video service."""
        exp = str(int(SystemClock().now().timestamp()) + lasts_s)
        query = {"aud": "did:web:localhost", "lxm": f"{REPO}uploadBlob", "exp": exp, **changes}
        return await self.get(
            f"{SESSION}getServiceAuth", self.access, **{name: text for name, text in query.items() if text is not None}
        )

    async def upload(self, data: bytes, kind: str = "image/png", token: str | None = None) -> Response:
        """Upload bytes as the account."""
        headers = {**_bearing(token or self.access), "content-type": kind}
        return await self.world.send(Request(method="POST", path=f"/xrpc/{REPO}uploadBlob", headers=headers, body=data))

    async def sign_in(self, **changes: str) -> Response:
        """Sign in. Its tokens are used from then on."""
        response = await self.call(
            f"{SESSION}createSession", {"identifier": self.world.handle, "password": self.world.password, **changes}
        )
        return self._keep(response)

    async def refresh(self, token: str) -> Response:
        """Refresh the tokens."""
        return self._keep(await self.call(f"{SESSION}refreshSession", token=token))

    def _keep(self, response: Response) -> Response:
        if response.status == 200:
            self.previous = self.refresh_token
            self.access, self.refresh_token = response.value["accessJwt"], response.value["refreshJwt"]
        return response

    async def put(self, rkey: str, record: object, **more: Any) -> Response:
        """Put a record into the account's own repository."""
        body = {"repo": self.did, "collection": POST, "rkey": rkey, "record": record, **more}
        return await self.call(f"{REPO}putRecord", body, self.access)

    async def put_first(self) -> Response:
        """Send the put that other calls build on."""
        response = await self.put(key(0), post(), swapRecord=None)
        self.cid = response.value["cid"]
        return response

    async def put_gate(self, rkey: str) -> Response:
        """Put who can reply to the first post."""
        gate = {
            "$type": GATE,
            "post": f"at://{self.did}/{POST}/{key(0)}",
            "allow": [{"$type": f"{GATE}#mentionRule"}],
            "createdAt": "2026-11-21T10:00:00.000Z",
        }
        body = {"repo": self.did, "collection": GATE, "rkey": rkey, "record": gate, "swapRecord": None}
        return await self.call(f"{REPO}putRecord", body, self.access)

    async def upload_image(self) -> Response:
        """Upload the image that other calls refer to."""
        response = await self.upload(IMAGE)
        self.blob = response.value["blob"]
        return response

    async def upload_video(self) -> Response:
        """Upload a video."""
        response = await self.upload(MOVIE, "video/mp4")
        self.video = response.value["blob"]
        return response

    async def upload_large_image(self) -> Response:
        """Upload an image of more than two million bytes."""
        response = await self.upload(LARGE_IMAGE)
        self.large_blob = response.value["blob"]
        return response


def _bearing(token: str | None) -> dict[str, str]:
    return {} if token is None else {"authorization": f"Bearer {token}"}


def _write(kind: str, rkey: str, **more: Any) -> dict[str, Any]:
    return {"$type": f"{REPO}applyWrites#{kind}", "collection": POST, "rkey": rkey, **more}


Step: TypeAlias = Callable[[Talk], Awaitable[Response]]

STEPS: Mapping[str, Step] = {
    # Identity
    "resolve a handle": lambda t: t.get("com.atproto.identity.resolveHandle", handle=t.world.handle),
    "resolve an unknown handle": lambda t: t.get("com.atproto.identity.resolveHandle", handle="unknown-handle.test"),
    "resolve what is no handle": lambda t: t.get("com.atproto.identity.resolveHandle", handle="no handle"),
    "resolve nothing": lambda t: t.get("com.atproto.identity.resolveHandle"),
    "look a DID up": lambda t: t.get(f"/plc/{t.did}"),
    "look an unknown DID up": lambda t: t.get(f"/plc/{UNKNOWN_DID}"),
    # Sessions
    "sign in with a wrong password": lambda t: t.sign_in(password="abcd-efgh-ijkl-mnop"),
    "sign in as an unknown account": lambda t: t.sign_in(identifier="unknown-handle.test"),
    "sign in without a password": lambda t: t.call(f"{SESSION}createSession", {"identifier": t.world.handle}),
    "sign in with something that is not JSON": lambda t: t.call(f"{SESSION}createSession", [1]),
    "sign in": lambda t: t.sign_in(),
    "sign in by DID": lambda t: t.sign_in(identifier=t.did),
    "who am I": lambda t: t.get(f"{SESSION}getSession", t.access),
    "who am I, without a token": lambda t: t.get(f"{SESSION}getSession"),
    "who am I, with the refresh token": lambda t: t.get(f"{SESSION}getSession", t.refresh_token),
    "who am I, with an expired token": lambda t: t.get(f"{SESSION}getSession", t.world.expired()),
    "who am I, with a forged token": lambda t: t.get(f"{SESSION}getSession", t.access[:-4] + "AAAA"),
    "who am I, with no token at all": lambda t: t.get(f"{SESSION}getSession", "nonsense"),
    "describe the server": lambda t: t.get(f"{SESSION}describeServer"),
    "grant a token for an upload": lambda t: t.grant(),
    "grant a token for an hour": lambda t: t.grant(lasts_s=3500),
    "grant a token for longer": lambda t: t.grant(lasts_s=3700),
    "grant a token that has expired": lambda t: t.grant(lasts_s=-10),
    "grant a token without a method": lambda t: t.grant(lasts_s=50, lxm=None),
    "grant a token without a method for longer": lambda t: t.grant(lasts_s=90, lxm=None),
    "grant a token for what is no service": lambda t: t.grant(aud="pds.example.com"),
    "grant a token for no service": lambda t: t.grant(aud=None),
    "grant a token without a token": lambda t: t.get(f"{SESSION}getServiceAuth", aud=UNKNOWN_DID),
    "refresh": lambda t: t.refresh(t.refresh_token),
    "refresh with the previous token after a lost response": lambda t: t.refresh(t.previous),
    "refresh with the access token": lambda t: t.refresh(t.access),
    "refresh with a body": lambda t: t.call(f"{SESSION}refreshSession", {}, t.refresh_token),
    "refresh without a token": lambda t: t.call(f"{SESSION}refreshSession"),
    # Writing
    "put": Talk.put_first,
    "put the same again": lambda t: t.put(key(0), post(), swapRecord=None),
    "put the same again, expecting another": lambda t: t.put(key(0), post(), swapRecord=UNKNOWN_CID),
    "put something else in its place": lambda t: t.put(key(0), post("changed"), swapRecord=None),
    "put something else, expecting another": lambda t: t.put(key(0), post("changed"), swapRecord=UNKNOWN_CID),
    "put with an expired token": lambda t: t.call(
        f"{REPO}putRecord",
        {"repo": t.did, "collection": POST, "rkey": key(9), "record": post()},
        t.world.expired(),
    ),
    "put without a token": lambda t: t.call(
        f"{REPO}putRecord", {"repo": t.did, "collection": POST, "rkey": key(9), "record": post()}
    ),
    "put into an unknown repository": lambda t: t.call(
        f"{REPO}putRecord", {"repo": UNKNOWN_DID, "collection": POST, "rkey": key(9), "record": post()}, t.access
    ),
    "put by handle": lambda t: t.call(
        f"{REPO}putRecord",
        {"repo": t.world.handle, "collection": POST, "rkey": key(2), "record": post("by handle")},
        t.access,
    ),
    "put unchecked": lambda t: t.put(key(3), post("unchecked"), validate=False),
    "put under a key that is no TID": lambda t: t.put("my-post", post()),
    "put under a key that is no key": lambda t: t.put("my post", post()),
    "put into what is no collection": lambda t: t.call(
        f"{REPO}putRecord", {"repo": t.did, "collection": "posts", "rkey": key(9), "record": post()}, t.access
    ),
    "put a record of another type": lambda t: t.put(key(9), post(**{"$type": "app.bsky.feed.like"})),
    "put a record without a type": lambda t: t.put(key(4), post("untyped", **{"$type": None})),
    "put a record of an unknown collection": lambda t: t.call(
        f"{REPO}putRecord",
        {"repo": t.did, "collection": "com.example.thing", "rkey": "self", "record": {"a": 1}},
        t.access,
    ),
    "put a record of an unknown collection, checked": lambda t: t.call(
        f"{REPO}putRecord",
        {"repo": t.did, "collection": "com.example.thing", "rkey": "b", "record": {"a": 1}, "validate": True},
        t.access,
    ),
    "put 300 graphemes": lambda t: t.put(key(5), post("🎉" * 300)),
    "put 300 graphemes of Malayalam": lambda t: t.put(key(21), post("എൻ്റെ" * 100)),
    "put 301 graphemes of Malayalam": lambda t: t.put(key(9), post("എൻ്റെ" * 100 + "a")),
    "put 300 graphemes of Devanagari": lambda t: t.put(key(22), post("क्षि" * 200 + "a" * 100)),
    "put 301 graphemes of Devanagari": lambda t: t.put(key(9), post("क्षि" * 200 + "a" * 101)),
    "put 300 marks without a letter": lambda t: t.put(key(23), post("്റ " * 149 + "a")),
    "put 301 marks without a letter": lambda t: t.put(key(9), post("്റ " * 149 + "aa")),
    "put a link whose scheme is in capitals": lambda t: t.put(
        key(24), post(facets=facet(0, 5, **{"$type": "app.bsky.richtext.facet#link", "uri": "HTTPS://EXAMPLE.COM"}))
    ),
    "put 301 graphemes": lambda t: t.put(key(9), post("a" * 301)),
    "put 3001 bytes": lambda t: t.put(key(9), post("👨‍👩‍👧‍👦" * 120 + "a")),
    "put no text": lambda t: t.put(key(9), post(text=None)),
    "put no date": lambda t: t.put(key(9), post(createdAt=None)),
    "put a date without a zone": lambda t: t.put(key(9), post(createdAt="2026-11-21T10:00:00")),
    "put a fraction": lambda t: t.put(key(9), post(weight=1.5)),
    "put four languages": lambda t: t.put(key(9), post(langs=["en", "de", "fr", "it"])),
    "put what is no language": lambda t: t.put(key(9), post(langs=["not a language"])),
    "put a language whose private part is capitalized": lambda t: t.put(key(9), post(langs=["en-X-priv"])),
    "put a link that is not a URI": lambda t: t.put(
        key(9), post(facets=facet(0, 5, **{"$type": "app.bsky.richtext.facet#link", "uri": "not a link"}))
    ),
    "put a mention of a handle": lambda t: t.put(
        key(9), post(facets=facet(0, 5, **{"$type": "app.bsky.richtext.facet#mention", "did": "alice.test"}))
    ),
    "put a facet that starts before the text": lambda t: t.put(
        key(9), post(facets=facet(-1, 5, **{"$type": "app.bsky.richtext.facet#tag", "tag": "t"}))
    ),
    "put an embed of an unknown kind": lambda t: t.put(key(6), post(embed={"$type": "com.example.embed"})),
    "put a card without a description": lambda t: t.put(
        key(9),
        post(embed={"$type": "app.bsky.embed.external", "external": {"uri": "https://example.org", "title": "T"}}),
    ),
    "put a reply to a post without its version": lambda t: t.put(
        key(9), post(reply={"root": {"uri": f"at://{t.did}/{POST}/{key(0)}"}, "parent": {}})
    ),
    "put a reply to nothing": lambda t: t.put(
        key(10), post(reply=reply_to(f"at://{UNKNOWN_DID}/{POST}/{key(1)}", t.cid))
    ),
    "put a threadgate": lambda t: t.put_gate(key(0)),
    "put a threadgate again": lambda t: t.put_gate(key(0)),
    "put a threadgate under a key that is no TID": lambda t: t.put_gate("gate"),
    # Blobs
    "upload": Talk.upload_image,
    "upload the same again": Talk.upload_image,
    "upload under a false type": lambda t: t.upload(IMAGE, "image/jpeg"),
    "upload without a token": lambda t: t.world.send(
        Request(method="POST", path=f"/xrpc/{REPO}uploadBlob", headers={"content-type": "image/png"}, body=IMAGE)
    ),
    "upload with an expired token": lambda t: t.upload(IMAGE, token=t.world.expired()),
    "put a new image that is nowhere": lambda t: t.put(
        key(9), post(embed=images({**t.blob, "ref": {"$link": UNKNOWN_CID}}))
    ),
    "put a new image as another type": lambda t: t.put(key(9), post(embed=images({**t.blob, "mimeType": "image/gif"}))),
    "put a new image as a smaller one": lambda t: t.put(key(9), post(embed=images({**t.blob, "size": 1}))),
    "put an image": lambda t: t.put(key(7), post(embed=images(t.blob))),
    "put four images": lambda t: t.put(key(8), post(embed=images(*[t.blob] * 4))),
    "put five images": lambda t: t.put(key(9), post(embed=images(*[t.blob] * 5))),
    "put an image in use as another type": lambda t: t.put(
        key(13), post(embed=images({**t.blob, "mimeType": "image/jpeg"}))
    ),
    "put an image in use as a smaller one": lambda t: t.put(key(14), post(embed=images({**t.blob, "size": 1}))),
    "put an image as a text": lambda t: t.put(key(9), post(embed=images({**t.blob, "mimeType": "text/plain"}))),
    "put an image without alt text": lambda t: t.put(
        key(9), post(embed={"$type": "app.bsky.embed.images", "images": [{"image": t.blob}]})
    ),
    "upload two million bytes": Talk.upload_large_image,
    "put an image of two million bytes": lambda t: t.put(key(9), post(embed=images(t.large_blob))),
    "upload a video": Talk.upload_video,
    "put a video": lambda t: t.put(key(15), post(embed=film(t.video, alt="A film"))),
    "put a video with its shape": lambda t: t.put(
        key(16), post(embed=film(t.video, aspectRatio={"width": 108, "height": 192}))
    ),
    "put a video without a width": lambda t: t.put(key(9), post(embed=film(t.video, aspectRatio={"height": 192}))),
    "put an image as a video": lambda t: t.put(key(9), post(embed=film(t.blob))),
    "put a video as an image": lambda t: t.put(key(9), post(embed=images(t.video))),
    "put no video": lambda t: t.put(key(9), post(embed={"$type": "app.bsky.embed.video"})),
    # Reading
    "get": lambda t: t.get(f"{REPO}getRecord", repo=t.did, collection=POST, rkey=key(0)),
    "get a version": lambda t: t.get(f"{REPO}getRecord", repo=t.did, collection=POST, rkey=key(0), cid=t.cid),
    "get another version": lambda t: t.get(
        f"{REPO}getRecord", repo=t.did, collection=POST, rkey=key(0), cid=UNKNOWN_CID
    ),
    "get what is not there": lambda t: t.get(f"{REPO}getRecord", repo=t.did, collection=POST, rkey=key(20)),
    "get from an unknown repository": lambda t: t.get(
        f"{REPO}getRecord", repo="unknown-handle.test", collection=POST, rkey=key(0)
    ),
    "get without a key": lambda t: t.get(f"{REPO}getRecord", repo=t.did, collection=POST),
    "list": lambda t: t.get(f"{REPO}listRecords", repo=t.did, collection=POST),
    "list nothing": lambda t: t.get(f"{REPO}listRecords", repo=t.did, collection="app.bsky.feed.like"),
    "list an unknown repository": lambda t: t.get(f"{REPO}listRecords", repo=UNKNOWN_DID, collection=POST),
    "list a thousand": lambda t: t.get(f"{REPO}listRecords", repo=t.did, collection=POST, limit="1000"),
    # The other ways of writing
    "create": lambda t: t.call(
        f"{REPO}createRecord", {"repo": t.did, "collection": POST, "record": post("created")}, t.access
    ),
    "create under a key that is taken": lambda t: t.call(
        f"{REPO}createRecord", {"repo": t.did, "collection": POST, "rkey": key(0), "record": post()}, t.access
    ),
    "write two at once": lambda t: t.call(
        f"{REPO}applyWrites",
        {"repo": t.did, "writes": [_write("create", key(number), value=post()) for number in (11, 12)]},
        t.access,
    ),
    "write one of which is there": lambda t: t.call(
        f"{REPO}applyWrites", {"repo": t.did, "writes": [_write("create", key(11), value=post())]}, t.access
    ),
    "write 201 at once": lambda t: t.call(
        f"{REPO}applyWrites",
        {"repo": t.did, "writes": [_write("create", key(100 + number), value=post()) for number in range(201)]},
        t.access,
    ),
    "delete": lambda t: t.call(f"{REPO}deleteRecord", {"repo": t.did, "collection": POST, "rkey": key(11)}, t.access),
    "delete what is not there": lambda t: t.call(
        f"{REPO}deleteRecord", {"repo": t.did, "collection": POST, "rkey": key(11)}, t.access
    ),
    # What the server does not support
    "call an unknown method": lambda t: t.call("com.example.unknown.method", {}, t.access),
    "ask for a procedure": lambda t: t.get(f"{REPO}putRecord", t.access),
    "post a query": lambda t: t.call(f"{REPO}getRecord", {}, t.access),
    # The end
    "sign out": lambda t: t.call(f"{SESSION}deleteSession", token=t.refresh_token),
    "sign out again": lambda t: t.call(f"{SESSION}deleteSession", token=t.refresh_token),
    "sign out with the access token": lambda t: t.call(f"{SESSION}deleteSession", token=t.access),
    "refresh after signing out": lambda t: t.refresh(t.refresh_token),
    "who am I, after signing out": lambda t: t.get(f"{SESSION}getSession", t.access),
}


DIFFERENCES: Mapping[str, str] = {
    "call an unknown method": "The server would forward the call to an AppView, but has none.",
}
"""Differences that are not for the simulator to fix."""


@pytest.fixture(scope="module")
async def responses(network: Network) -> Mapping[str, tuple[Response, Response]]:
    """The responses of both servers to each call, the real one's first."""
    found = {}
    real, simulated = Talk(Real(network, await network.sign_up())), Talk(Simulated())
    for name, step in STEPS.items():
        found[name] = await step(real), await step(simulated)
    return found


@pytest.mark.parametrize("name", sorted(STEPS.keys() - DIFFERENCES.keys()))
async def test_simulator_responds_like_the_real_server(
    name: str, responses: Mapping[str, tuple[Response, Response]]
) -> None:
    real, simulated = responses[name]
    assert simulated.seen() == real.seen(), f"really {real.body.decode()}, simulated {simulated.body.decode()}"


@pytest.mark.parametrize("name", sorted(DIFFERENCES))
async def test_known_difference_still_exists(name: str, responses: Mapping[str, tuple[Response, Response]]) -> None:
    real, simulated = responses[name]
    assert simulated.seen() != real.seen(), f"they agree now, so this no longer holds: {DIFFERENCES[name]}"
