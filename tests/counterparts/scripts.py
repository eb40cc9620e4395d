"""Scripts that use packages which the project itself does not need, in processes of their own."""

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_RUNS_WITHIN_S = 60


async def run_script(
    program: Path, script: Path, environment: Mapping[str, str], given: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Run a script with JSON as its argument, and return the JSON that it prints.

    Args:
        environment: the variables of the process. It inherits only the search path.

    Raises:
        AssertionError: it failed.
    """
    process = await asyncio.create_subprocess_exec(
        *map(str, (program, script, json.dumps(given))),
        env={"PATH": os.environ["PATH"], **environment},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        printed, logged = await asyncio.wait_for(process.communicate(), _RUNS_WITHIN_S)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, f"{script.name}:\n{printed.decode()}\n{logged.decode()}"
    found: Mapping[str, Any] = json.loads(printed)
    return found
