"""Runs a server that ends when the process that started it ends.

A separate script, which replaces itself with the server: `leash.py PARENT SIGNAL UID GID COMMAND…`. A
`preexec_fn` could do the same, but is not safe in a process that has threads.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def become(parent_pid: int, death_signal: int, uid: int, gid: int, command: list[str]) -> None:
    """Replace this process with `command`. Return only if the parent has ended already.

    The server leaves the process group of the terminal, so that only the parent receives Ctrl-C and can stop its
    children in order. On Linux, the kernel sends `death_signal` when the thread that started this process ends, so
    at the latest when the parent ends, however it ends. macOS has no such signal: there, a server survives a killed
    parent until the next start stops it.
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
