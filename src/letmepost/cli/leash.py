"""Starts a command that ends with its parent process.

This script replaces itself with the command: `leash.py PARENT SIGNAL UID GID COMMAND…`. A `preexec_fn` could do the
same, but is not safe in a process with threads. The script runs without packages, so it uses only the standard library.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def become(parent_pid: int, death_signal: int, uid: int, gid: int, command: list[str]) -> None:
    """Replace this process with `command`. Returns only if the parent has already ended.

    The process leaves the terminal's process group, so Ctrl-C reaches only the parent, which stops its children in
    order. On Linux the kernel sends `death_signal` when the parent's thread that started this process ends, at the
    latest when the parent ends for any reason. macOS has no such signal: if the parent is killed there, the process
    continues.
    """
    os.setpgid(0, 0)
    if uid != os.geteuid():
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # After setuid, which clears the setting.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, death_signal)
    if os.getppid() == parent_pid:
        os.execv(command[0], command)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    _, parent, signal_number, user, group, *rest = sys.argv
    become(int(parent), int(signal_number), int(user), int(group), rest)
