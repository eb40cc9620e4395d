"""`python -m tests.faults`: break a deployment in many ways, and count lost, duplicated and stuck posts."""

import argparse
import asyncio
import secrets
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from tests.faults.report import Report
from tests.faults.run import FAULTS, LONG, SHORT, run
from tests.servers import open_directory


def main() -> int:
    """Run with the arguments. Return 1 if a post was lost, duplicated, stuck or unnecessarily unclear."""
    words = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    words.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="repeat the choices of a run")
    words.add_argument("--only", action="append", choices=list(FAULTS), help="a fault; may be repeated")
    words.add_argument("--kills", type=int, help="total number of killed workers")
    words.add_argument("--short", action="store_true", help="a little of everything")
    words.add_argument("--report", type=Path, help="file for the report")
    words.add_argument("--keep", type=Path, help="directory in which data and logs are kept")
    given = words.parse_args()
    scale = SHORT if given.short else LONG
    if given.kills is not None:
        scale = replace(scale, kills=given.kills, at_each=scale.at_each * given.kills // scale.kills)
    names = given.only or list(FAULTS)
    _tell(f"seed {given.seed}")
    with open_directory() if given.keep is None else nullcontext(given.keep) as directory:
        directory.mkdir(parents=True, exist_ok=True)
        report = asyncio.run(run(names, scale, given.seed, directory, _tell))
    return _end(report, given.report)


def _end(report: Report, file: Path | None) -> int:
    _tell(f"\n{report}")
    if file is not None:
        file.write_text(f"{report}\n", encoding="utf-8")
    return 1 if report.wrongs else 0


def _tell(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
