"""Whom PostgreSQL runs as, and where that account can reach its files.

PostgreSQL refuses to be root. When we are root, as in most containers, it runs as an unprivileged account of
the machine, which often cannot enter the directory that the project or its data is in (`/root`, or what
`mktemp -d` made). No permissions are widened for that: what cannot be reached is kept in `STATE_DIR`, and is
left there when the project is removed.
"""

import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

STATE_DIR = Path("/var/lib/letmepost")


@dataclass(frozen=True, slots=True)
class Account:
    """A user of this machine."""

    uid: int
    gid: int

    def may_enter(self, directory: Path) -> bool:
        """Whether this account may use files in `directory`: as we do, or by the modes on the way to it."""
        return self == current() or all(self._may_search(place.stat()) for place in (directory, *directory.parents))

    def _may_search(self, found: os.stat_result) -> bool:
        if found.st_uid == self.uid:
            return bool(found.st_mode & stat.S_IXUSR)
        if found.st_gid == self.gid:
            return bool(found.st_mode & stat.S_IXGRP)
        return bool(found.st_mode & stat.S_IXOTH)


def current() -> Account:
    """The account of this process."""
    return Account(os.geteuid(), os.getegid())


def unprivileged(home: Path) -> Account:
    """Who may run PostgreSQL in `home`: we, or if we are root its owner, or `nobody` if it is new."""
    us = current()
    if us.uid != 0:
        return us
    if home.exists() and home.stat().st_uid != 0:
        return Account(home.stat().st_uid, home.stat().st_gid)
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def make_home(home: Path, account: Account, *, elsewhere: Path = STATE_DIR) -> Path:
    """The real directory behind `home`, made for `account` on first use.

    Where `account` could not reach `home`, a directory is made under `elsewhere` and `home` links to it.
    """
    if not home.exists():
        home.unlink(missing_ok=True)  # a link whose directory somebody removed
        if account.may_enter(home.parent.resolve()):
            home.mkdir(mode=0o700)
        else:
            _make_open(elsewhere)
            home.symlink_to(tempfile.mkdtemp(prefix=f"{home.name}-", dir=elsewhere))
    if home.stat().st_uid != account.uid:
        os.chown(home, account.uid, account.gid)
    return home.resolve()


def reachable_copy(package: Path, version: str, account: Account, *, elsewhere: Path = STATE_DIR) -> Path:
    """`package` itself if `account` can use it, else a copy under `elsewhere`, made once for each version.

    The shared libraries that a Linux wheel keeps beside its package are copied with it.
    """
    if account.may_enter(package):
        return package
    copies = elsewhere / f"{package.name}-{version}"
    if not copies.exists():
        _make_open(elsewhere)
        with tempfile.TemporaryDirectory(dir=elsewhere) as draft:
            for part in package.parent.glob(f"{package.name}*"):
                if part == package or part.suffix == ".libs":
                    shutil.copytree(part, Path(draft, "copies", part.name), symlinks=True)
            for place in Path(draft, "copies").rglob("*"):
                if not place.is_symlink():
                    place.chmod(0o755)
            Path(draft, "copies").chmod(0o755)
            if not copies.exists():
                Path(draft, "copies").rename(copies)
    return copies / package.name


def _make_open(directory: Path) -> None:
    """Make a directory that everyone may enter, whatever our umask."""
    if not directory.exists():
        directory.mkdir(parents=True)
        directory.chmod(0o755)
