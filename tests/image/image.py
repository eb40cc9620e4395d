"""The steps of the Dockerfile, executed on this machine. The image's folders are below a temporary one."""

import asyncio
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from letmepost.cli.embedded.account import Account
from tests.deployment_files import ROOT, instructions

_STEP_WITHIN_S = 300.0
_STANDARD_LIBRARY = re.compile(r"/usr/local/lib/python3\.\d+")
_FOLDER = r"/(?:app|venv|data)\b|/usr/local/lib/python3\.\d+"
_IGNORED = {"LABEL", "EXPOSE"}
_ANOTHER = 4_000_000
"""An id that owns nothing."""


@cache
def _image_python() -> Path:
    """Return an interpreter of the version that the image is based on, or else another one of this machine.

    One that the user of the image can reach is preferred, so that services can run as that user.
    """
    base = next(words for name, words in instructions() if name == "FROM")
    [version] = re.findall(r"python:(3\.\d+)", base)
    candidates = [shutil.which(f"python{version}"), "/usr/bin/python3", f"{sys.base_prefix}/bin/python3"]
    works = [Path(path) for path in candidates if path and _has_venv(path)]
    return max(works, key=lambda path: Account(_ANOTHER, _ANOTHER).may_enter(path.resolve().parent))


def _has_venv(python: str) -> bool:
    check = "import sys, venv; sys.exit(sys.version_info < (3, 11))"
    return (
        Path(python).exists()
        and subprocess.run([python, "-c", check], capture_output=True, check=False).returncode == 0
    )


@dataclass
class Image:
    """What the Dockerfile builds, below `root`."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    user: str | None = None
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health_check: list[str] = field(default_factory=list)
    _directory: str = "/"

    async def build(self) -> None:
        """Execute every instruction of the Dockerfile."""
        self._prepare()
        for name, words in instructions():
            if name == "FROM":
                self._start_stage()
            elif name == "RUN":
                await self._run(words)
            elif name == "COPY":
                self._copy(shlex.split(words))
            else:
                self._configure(name, words)

    def place(self, path: str) -> Path:
        """Return where a path of the image is on this machine."""
        return self.root / (path if path.startswith("/") else f"{self._directory}/{path}").lstrip("/")

    def rewrite(self, text: str) -> str:
        """Replace the image's folders in a command or a value."""
        return re.sub(rf"(?<![\w./-])(?={_FOLDER})", str(self.root), text)

    def account(self) -> Account | None:
        """Return the user of the image, if this process may become it and it can use the interpreter."""
        uid, gid = map(int, (self.user or "0:0").split(":"))
        account = Account(uid, gid)
        can_use = account.may_enter(_image_python().resolve().parent)
        return account if os.geteuid() == 0 and can_use else None

    def _prepare(self) -> None:
        """Provide what the base image has: Python, pip, a standard library, and programs that manage users."""
        programs = self.root / "base"
        programs.mkdir()
        accounts = self.root / "accounts"
        (accounts / "etc").mkdir(parents=True)
        for name in ("passwd", "group", "shadow", "gshadow"):
            (accounts / "etc" / name).touch()
        is_root = os.geteuid() == 0
        owner = r"""exec /usr/bin/install $(printf '%s ' "$@" | sed -E 's/--(owner|group) [0-9]+//g')"""
        for name, script in {
            "python": f'exec {_image_python()} "$@"',
            "pip": f'exec {sys.executable} -m pip "$@"',
            "groupadd": f'exec /usr/sbin/groupadd --prefix {accounts} "$@"' if is_root else "",
            "useradd": f'exec /usr/sbin/useradd --prefix {accounts} "$@"' if is_root else "",
            "install": 'exec /usr/bin/install "$@"' if is_root else owner,
        }.items():
            (programs / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
            (programs / name).chmod(0o755)
        self.environment["PATH"] = f"{programs}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
        [library] = {found[0] for _, words in instructions() for found in _STANDARD_LIBRARY.finditer(words)}
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(Path(json.__file__).parent, self.place(library) / "json", ignore=ignore)

    def _start_stage(self) -> None:
        """Put the folders of the last stage aside, so that only what is copied from it is in the next one."""
        aside = self.root / "last-stage"
        aside.mkdir(exist_ok=True)
        for name in ("app", "venv", "data"):
            if (self.root / name).exists():
                (self.root / name).rename(aside / name)
        self._directory = "/"

    async def _run(self, words: str) -> None:
        process = await asyncio.create_subprocess_exec(
            *("sh", "-c", self.rewrite(words)),
            cwd=self.place("."),
            env={**os.environ, **self.environment},  # pip is configured by the machine's environment
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        printed, _ = await asyncio.wait_for(process.communicate(), _STEP_WITHIN_S)
        assert process.returncode == 0, f"RUN {words}\n{printed.decode()}"

    def _copy(self, words: list[str]) -> None:
        if words[0].startswith("--from="):
            _, source, target = words
            assert source == target, "a virtual environment works only where it was created"
            (self.root / "last-stage" / source.lstrip("/")).rename(self.place(target))
            return
        *sources, target = words
        for source in sources:
            origin = ROOT / source
            if origin.is_dir():
                shutil.copytree(origin, self.place(target), ignore=shutil.ignore_patterns("__pycache__"))
            else:
                self.place(target).mkdir(parents=True, exist_ok=True)
                shutil.copy(origin, self.place(target))

    def _configure(self, name: str, words: str) -> None:
        if name == "WORKDIR":
            self._directory = words
            self.place(words).mkdir(parents=True, exist_ok=True)
        elif name == "ENV":
            for pair in shlex.split(words):
                variable, value = pair.split("=", 1)
                self.environment[variable] = self.rewrite(value).replace("$PATH", self.environment["PATH"])
        elif name == "USER":
            self.user = words
        elif name == "HEALTHCHECK":
            self.health_check = json.loads(words[words.index("[") :])
        elif name in {"ENTRYPOINT", "CMD"}:
            setattr(self, {"ENTRYPOINT": "entrypoint", "CMD": "command"}[name], json.loads(words))
        else:
            assert name in _IGNORED, f"{name} is not replayed"
