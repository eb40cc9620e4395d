"""Becomes a server that lives no longer than the process that wanted it.

A script of its own, which replaces itself with the server: `leash.py PARENT SIGNAL UID GID COMMAND…`. What it
does could be a `preexec_fn`, but that is not safe in a process that has threads.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def become(parent_pid: int, death_signal: int, uid: int, gid: int, command: list[str]) -> None:
    """Replace this process with `command`; returns only if the parent is already gone.

    The server leaves the terminal's process group, so that Ctrl-C reaches our parent alone and it can stop
    its children in order. On Linux the kernel sends `death_signal` when the thread that started us ends, and
    so at the latest when the parent dies, however it dies. macOS has no such thing: there a server whose
    parent was killed lives on until the next start stops it.
    """
    os.setpgid(0, 0)
    if uid != os.geteuid():
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # After setuid, which clears it.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, death_signal)
    if os.getppid() == parent_pid:
        os.execv(command[0], command)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    _, parent, signal_number, user, group, *rest = sys.argv
    become(int(parent), int(signal_number), int(user), int(group), rest)
