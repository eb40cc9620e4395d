"""A process that has imported everything and forks the others, so that a worker starts in milliseconds.

It has no threads and no event loop, so it can be forked safely. It reads specifications from its standard input, one
JSON object per line, and writes starts, stops and ends of processes to its standard output. When its input ends, it
ends its children.
"""

import gc
import json
import os
import select
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.faults.roles import play


def main() -> None:
    """Serve until the input ends."""
    gc.freeze()  # existing objects are shared with every child
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    signal.set_wakeup_fd(write_end)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    children: set[int] = set()
    pending = b""
    while True:
        ready, _, _ = select.select([0, read_end], [], [])
        if read_end in ready:
            os.read(read_end, 4096)
            _reap(children)
        if 0 in ready:
            read = os.read(0, 65536)
            if not read:
                break
            *lines, pending = (pending + read).split(b"\n")
            for line in lines:
                children.add(_fork(json.loads(line)))
    for pid in children:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _fork(spec: dict[str, Any]) -> int:
    pid = os.fork()
    if pid == 0:
        _become(spec)
    _report({"born": spec["number"], "pid": pid})
    return pid


def _become(spec: dict[str, Any]) -> None:
    """Run as the child, until its end."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(Path(spec["log"]), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    code = 1
    try:
        play(spec)
        code = 0
    except BaseException:  # noqa: BLE001 - no code of the parent may run in the child
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stderr.flush()
        os._exit(code)


def _reap(children: set[int]) -> None:
    for pid in list(children):
        found, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
        if found and os.WIFSTOPPED(status):
            _report({"stopped": pid})
        elif found:
            children.discard(pid)
            _report({"died": pid, "code": os.waitstatus_to_exitcode(status)})


def _report(event: dict[str, Any]) -> None:
    os.write(1, json.dumps(event).encode() + b"\n")


if __name__ == "__main__":
    main()
