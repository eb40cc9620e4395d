"""The services of docker-compose.yml, as processes of this machine.

Docker is not needed, so two things differ. Every service has its own loopback address instead of a network, so ports
stay as they are. Limits and read-only file systems do not apply, but services run as the user of the image if this
process may become that user.
"""

import asyncio
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.deployment_files import container_environment, interpolate, read_compose
from tests.doubles.output import read_lines
from tests.doubles.waiting import eventually
from tests.image.image import Image

_HEALTHY_WITHIN_S = 90.0


@dataclass
class Container:
    """A running service."""

    process: asyncio.subprocess.Process
    reading: "asyncio.Task[None]"
    printed: list[str]


class Deployment:
    """The services of docker-compose.yml that use the image.

    Args:
        variables: of `.env`.
        servers: the address of each server that is not replayed: host:port in docker-compose.yml → here.
    """

    def __init__(self, image: Image, variables: Mapping[str, str], servers: Mapping[str, str]) -> None:
        self._image = image
        self._variables = variables
        self._services: dict[str, Any] = {
            name: service for name, service in read_compose()["services"].items() if name not in {"postgres", "valkey"}
        }
        network = f"127.{os.getpid() % 200 + 20}.{os.getpid() // 200 % 250}"
        self.addresses = {name: f"{network}.{number}" for number, name in enumerate(self._services, 2)}
        self._hosts = dict(servers) | self._published()
        self._hosts |= {f"//{name}:": f"//{address}:" for name, address in self.addresses.items()}
        self.containers: dict[str, Container] = {}

    def _published(self) -> dict[str, str]:
        """Return where each published port leads: host:port of this machine → address:port of a service."""
        found = {}
        for name, service in self._services.items():
            for port in service.get("ports", ()):
                published, _, target = interpolate(port, self._variables).rpartition(":")
                found[published] = f"{self.addresses[name]}:{target}"
        return found

    def environment(self, name: str) -> dict[str, str]:
        """Return the environment of a service's container."""
        given = container_environment(self._services[name], self._variables)
        return {**self._image.environment, **{key: self._rewrite(name, value) for key, value in given.items()}}

    def url(self, published: str) -> str:
        """Return the URL of a published port, which docker-compose.yml names as host:port."""
        return f"http://{self._hosts[published]}"

    async def up(self) -> None:
        """Start every service after those that it depends on, and wait until all are healthy."""
        waiting = dict(self._services)
        while waiting:
            name = next(name for name, service in waiting.items() if not waiting.keys() & service.get("depends_on", {}))
            await self._start(name)
            if waiting.pop(name).get("restart") == "no":
                assert await self.containers[name].process.wait() == 0, self.log(name)
        for name in self.containers:
            if self._health_check(name):
                await eventually(partial(self._is_healthy, name), within_s=_HEALTHY_WITHIN_S)

    async def execute(self, name: str, words: list[str]) -> str:
        """Run a command in the container of a service; return what it prints."""
        process = await self._spawn(name, words)
        lines: list[str] = []
        await read_lines(process.stdout, lines)
        assert await process.wait() == 0, f"{words}\n{''.join(lines)}"
        return "".join(lines)

    async def down(self) -> dict[str, int]:
        """Stop every service with SIGTERM; return the exit code of each."""
        for container in self.containers.values():
            if container.process.returncode is None:
                container.process.terminate()
        codes = {}
        for name, container in self.containers.items():
            try:
                codes[name] = await asyncio.wait_for(container.process.wait(), 60)
            finally:
                if container.process.returncode is None:
                    container.process.kill()
            await container.reading
        return codes

    def log(self, name: str) -> str:
        """Return what a service has printed."""
        return "".join(self.containers[name].printed)

    async def _start(self, name: str) -> None:
        command = self._services[name].get("command") or self._image.command
        process = await self._spawn(name, [*self._image.entrypoint, *command])
        printed: list[str] = []
        reading = asyncio.create_task(read_lines(process.stdout, printed))
        self.containers[name] = Container(process, reading, printed)

    async def _spawn(self, name: str, words: list[str]) -> asyncio.subprocess.Process:
        environment, account = self.environment(name), self._image.account()
        assert account is None or self._services[name]["user"] == self._image.user
        program, *arguments = (self._rewrite(name, word) for word in words)
        return await asyncio.create_subprocess_exec(
            *(shutil.which(program, path=environment["PATH"]) or program, *arguments),
            cwd=self._image.place("."),
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else [],
        )

    def _health_check(self, name: str) -> list[str]:
        given = self._services[name].get("healthcheck", {})
        if given.get("disable"):
            return []
        kind, *words = given.get("test", ["CMD", *self._image.health_check])
        return ["sh", "-c", *words] if kind == "CMD-SHELL" else words

    async def _is_healthy(self, name: str) -> bool:
        container = self.containers[name]
        assert container.process.returncode is None, f"{name} has exited:\n{self.log(name)}"
        process = await self._spawn(name, self._health_check(name))
        await read_lines(process.stdout, [])
        return await process.wait() == 0

    def _rewrite(self, name: str, text: str) -> str:
        """Replace hosts and folders by those of this machine."""
        temporary = self._image.root / "tmp" / name
        if not temporary.exists():
            temporary.mkdir(parents=True)
            temporary.chmod(0o1777)
        for host, here in self._hosts.items():
            text = text.replace(host, here)
        text = re.sub(r"\b(?:0\.0\.0\.0|127\.0\.0\.1)\b", self.addresses[name], text) if _is_own(text) else text
        return self._image.rewrite(re.sub(r"(?<![\w./-])/tmp\b", str(temporary), text))


def _is_own(text: str) -> bool:
    """Return True if an address in a command is that of its own container: no URL contains it."""
    return "://" not in text
