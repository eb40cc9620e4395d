"""`python -m tests.faults.videos`: kill workers while they upload videos, and compare what the platforms received."""

import argparse
import asyncio
import secrets
import sys
from contextlib import nullcontext
from pathlib import Path

from letmepost.platforms import discover
from tests.faults.videos.screening import run, takes_videos
from tests.servers import open_directory


def main() -> int:
    """Run with the arguments. Return 1 if a video was lost, published twice, changed, or sent again needlessly."""
    words = argparse.ArgumentParser(prog="python -m tests.faults.videos", description=__doc__)
    words.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="repeat the choices of a run")
    words.add_argument("--only", action="append", choices=list(discover()), help="a platform; may be repeated")
    words.add_argument("--kills", type=int, default=100, help="total number of killed workers")
    words.add_argument("--report", type=Path, help="file for the report")
    words.add_argument("--keep", type=Path, help="directory in which data and logs are kept")
    given = words.parse_args()
    names = [name for name in given.only or discover() if takes_videos(name)]
    _tell(f"seed {given.seed}, videos on {', '.join(names)}")
    with open_directory() if given.keep is None else nullcontext(given.keep) as directory:
        directory.mkdir(parents=True, exist_ok=True)
        report = asyncio.run(run(names, given.kills, given.seed, directory, _tell))
    _tell(f"\n{report}")
    if given.report is not None:
        given.report.write_text(f"{report}\n", encoding="utf-8")
    return 1 if report.wrongs else 0


def _tell(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
