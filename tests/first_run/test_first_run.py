"""The README and the quickstart in a clean copy of the source tree. Prints how long a first post and a webhook take."""

import faulthandler
import json
import re
from pathlib import Path

import pytest

from tests.processes.dev import make_dev, shell, unused_port
from tests.readme import ROOT, api_blocks, shell_blocks
from tests.servers import open_directory

INSTALLED_WITHIN_S = 900.0
CREATES_POST = '"$API/v1/posts"'
NOW = "date +%s.%N"


async def test_readme_and_quickstart_end_with_a_verified_webhook_of_a_thread(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    faulthandler.cancel_dump_traceback_later()  # the installation may take longer than a test may
    with open_directory() as directory:
        await shell(f"git clone --quiet --no-hardlinks {ROOT} {directory}/letmepost", {}, tmp_path)
        started_at = float(await shell(NOW, {}, tmp_path))
        async with make_dev(directory / "letmepost", within_s=INSTALLED_WITHIN_S) as (environment, _):
            ready_at = float(await shell(NOW, {}, tmp_path))
            for block in api_blocks():
                assert '"error"' not in await shell(block, environment, tmp_path)
            blocks = shell_blocks(ROOT / "docs/quickstart.md")
            # One shell runs every block, because they share variables.
            script = "".join(f'{block}\nprintf "\\nfinished at %s\\n" $({NOW})\n' for block in blocks)
            printed = await shell(script, environment | {"RECEIVER_PORT": str(unused_port())}, tmp_path)
    parts = re.split(r"^finished at (\S+)$", printed, flags=re.MULTILINE)
    first, thread = [index for index, block in enumerate(blocks) if CREATES_POST in block]
    response, _ = json.JSONDecoder().raw_decode(parts[2 * thread][parts[2 * thread].index("{") :])
    [result] = response["results"]
    assert (result["status"], len(result["thread"])) == ("published", 2)
    assert f"Verified: post.published {result['postId']}" in parts[2 * thread]
    ready_s, first_s, thread_s = (
        moment - started_at for moment in (ready_at, float(parts[2 * first + 1]), float(parts[2 * thread + 1]))
    )
    with capsys.disabled():
        print(  # noqa: T201 - this is the result
            f"\nAfter `make dev` in a clean copy: ready in {ready_s:.0f} s, first post of the quickstart in "
            f"{first_s:.0f} s, verified webhook of a thread in {thread_s:.0f} s"
        )
