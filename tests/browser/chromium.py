"""A real browser, controlled over its protocol (https://chromedevtools.github.io/devtools-protocol/)."""

import asyncio
import base64
import itertools
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.doubles.waiting import eventually

CHROMIUM = next((path for path in map(Path, ("/usr/bin/chromium", "/usr/bin/chromium-browser")) if path.exists()), None)

_ARGUMENTS = (
    "--headless=new",
    "--remote-debugging-port=0",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--hide-scrollbars",
    *(("--no-sandbox",) if os.geteuid() == 0 else ()),
)


class NotNowError(Exception):
    """The browser cannot run a command, usually because it is loading the next page."""


class Connection:
    """Commands to the browser, and their results."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}

    async def listen(self) -> None:
        async for message in self._socket:
            reply = json.loads(message.data)
            waiting = self._waiting.pop(reply.get("id", 0), None)
            if waiting is not None:
                waiting.set_result(reply)

    async def command(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        number = next(self._ids)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        call = {"id": number, "method": method, "params": params}
        await self._socket.send_json(call if session is None else {**call, "sessionId": session})
        reply = await asyncio.wait_for(self._waiting[number], 30)
        if "error" in reply:
            raise NotNowError(reply["error"]["message"])
        result: dict[str, Any] = reply["result"]
        return result


class Tab:
    """A tab, with the actions of a person. Screenshots are written to `directory`."""

    def __init__(self, connection: Connection, session: str, directory: Path) -> None:
        self._connection = connection
        self._session = session
        self._directory = directory

    async def do(self, method: str, **params: Any) -> dict[str, Any]:
        return await self._connection.command(method, self._session, **params)

    async def go(self, url: str) -> None:
        await self.do("Page.navigate", url=url)
        await self.sees("document.readyState === 'complete' && location.href !== 'about:blank'")

    async def ask(self, expression: str) -> Any:
        """Return the value of an expression in the page."""
        reply = await self.do("Runtime.evaluate", expression=expression, returnByValue=True)
        return reply["result"].get("value")

    async def sees(self, expression: str) -> None:
        """Wait until an expression is true, even if other pages are loaded in the meantime."""

        async def look() -> bool:
            try:
                return bool(
                    await self.ask(f"(() => {{ try {{ return !!({expression}) }} catch {{ return false }} }})()")
                )
            except NotNowError:
                return False

        try:
            assert await eventually(look, within_s=20)
        except BaseException:
            await self.shoot("unexpected")
            raise

    async def reads(self, text: str) -> None:
        """Wait until the page contains a text."""
        await self.sees(f"document.readyState === 'complete' && document.body.innerText.includes({json.dumps(text)})")

    async def press(self, label: str) -> None:
        """Click the button or link with this label."""
        everything = "[...document.querySelectorAll('button, a, label')]"
        named = f"{everything}.find(one => one.innerText.includes({json.dumps(label)}))"
        await self.sees(named)
        place = await self.ask(
            f"(() => {{ const one = {named}; one.scrollIntoView({{block: 'center'}}); "
            "const box = one.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2] })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            await self.do("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)

    async def write(self, name: str, text: str) -> None:
        """Replace the text of a field."""
        await self.ask(f"document.getElementById({json.dumps(name)}).select()")
        await self.do("Input.insertText", text=text)

    async def key(self, name: str) -> None:
        """Press a key: `Tab`, `Enter`, ` `."""
        codes = {"Tab": 9, "Enter": 13, " ": 32}
        text = {"Enter": "\r", " ": " "}.get(name, "")
        for kind in ("keyDown", "keyUp"):
            more = {"text": text} if text and kind == "keyDown" else {}
            await self.do("Input.dispatchKeyEvent", type=kind, key=name, windowsVirtualKeyCode=codes[name], **more)

    async def look(self, *, width: int = 900, height: int = 760, dark: bool = False) -> None:
        """Set the size and the color scheme of the screen."""
        await self.do(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.do("Emulation.setEmulatedMedia", features=[scheme])

    async def shoot(self, name: str, *, whole: bool = False) -> None:
        """Save a screenshot of what the screen shows, or of the whole page."""
        size = (await self.do("Page.getLayoutMetrics"))["cssContentSize"] if whole else {}
        area = {"clip": {**size, "scale": 1}, "captureBeyondViewport": True} if whole else {}
        reply = await self.do("Page.captureScreenshot", format="png", **area)
        (self._directory / f"{name}.png").write_bytes(base64.b64decode(reply["data"]))


class Browser:
    """A browser whose tabs share no cookies."""

    def __init__(self, connection: Connection, directory: Path) -> None:
        self._connection = connection
        self._directory = directory

    async def tab(self) -> Tab:
        context = await self._connection.command("Target.createBrowserContext")
        target = await self._connection.command(
            "Target.createTarget", url="about:blank", browserContextId=context["browserContextId"]
        )
        attached = await self._connection.command("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        tab = Tab(self._connection, attached["sessionId"], self._directory)
        await tab.do("Page.enable")
        await tab.look()
        return tab


@asynccontextmanager
async def browsing(profile: Path, directory: Path) -> AsyncIterator[Browser]:
    """Start the browser with an empty profile."""
    process = await asyncio.create_subprocess_exec(
        str(CHROMIUM),
        *_ARGUMENTS,
        f"--user-data-dir={profile}",
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        port_file = profile / "DevToolsActivePort"

        async def started() -> list[str] | None:
            lines = port_file.read_text(encoding="ascii").splitlines() if port_file.exists() else []
            return lines if len(lines) == 2 else None

        lines = await eventually(started, within_s=60)
        assert lines is not None
        async with (
            aiohttp.ClientSession() as http,
            http.ws_connect(f"ws://127.0.0.1:{lines[0]}{lines[1]}", max_msg_size=0) as socket,
        ):
            connection = Connection(socket)
            listening = asyncio.create_task(connection.listen())
            try:
                yield Browser(connection, directory)
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)
    finally:
        process.terminate()
        await process.wait()
