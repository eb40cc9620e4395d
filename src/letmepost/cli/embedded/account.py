"""Chooses the account that PostgreSQL runs as, and a place for files that this account can reach.

PostgreSQL does not run as root. If this process is root, as in most containers, PostgreSQL runs as an unprivileged
account of the machine, which often cannot enter the directory of the project or its data (`/root`, or what
`mktemp -d` made). No permissions are widened for that. Files that the account cannot reach are stored in `STATE_DIR`,
and stay there when the project is removed.
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
        """Return True if this account can use files in `directory`: it is our own, or the modes on the way allow it."""
        return self == current() or all(self._may_search(place.stat()) for place in (directory, *directory.parents))

    def _may_search(self, found: os.stat_result) -> bool:
        if found.st_uid == self.uid:
            return bool(found.st_mode & stat.S_IXUSR)
        if found.st_gid == self.gid:
            return bool(found.st_mode & stat.S_IXGRP)
        return bool(found.st_mode & stat.S_IXOTH)


def current() -> Account:
    """Return the account of this process."""
    return Account(os.geteuid(), os.getegid())


def unprivileged(home: Path) -> Account:
    """Return the account that runs PostgreSQL in `home`: ours; for root the owner of `home`, or an unprivileged one."""
    us = current()
    if us.uid != 0:
        return us
    if home.exists() and home.stat().st_uid != 0:
        return Account(home.stat().st_uid, home.stat().st_gid)
    account = pwd.getpwnam("nobody")
    return Account(account.pw_uid, account.pw_gid)


def make_home(home: Path, account: Account, *, elsewhere: Path = STATE_DIR) -> Path:
    """Return the real directory behind `home`, created for `account` on first use.

    If `account` cannot reach `home`, the directory is created under `elsewhere` and `home` is a link to it.
    """
    if not home.exists():
        home.unlink(missing_ok=True)  # a dangling link
        if account.may_enter(home.parent.resolve()):
            home.mkdir(mode=0o700)
        else:
            _make_open(elsewhere)
            home.symlink_to(tempfile.mkdtemp(prefix=f"{home.name}-", dir=elsewhere))
    if home.stat().st_uid != account.uid:
        os.chown(home, account.uid, account.gid)
    return home.resolve()


def reachable_copy(package: Path, version: str, account: Account, *, elsewhere: Path = STATE_DIR) -> Path:
    """Return `package` if `account` can use it, else a copy under `elsewhere`, made once per version.

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
    """Create a directory that everyone may enter, regardless of the umask."""
    if not directory.exists():
        directory.mkdir(parents=True)
        directory.chmod(0o755)
