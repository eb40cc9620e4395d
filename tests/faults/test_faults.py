"""A little of every fault, on a whole deployment: `make faults` does it a thousand times."""

import secrets

import pytest

from tests.faults.run import FAULTS, SHORT, run
from tests.servers import open_directory


# Everything runs on these cores at once, and a busy machine is slow, not wrong: nothing here is judged by the clock.
@pytest.mark.filterwarnings("default")
async def test_no_post_is_lost_or_published_twice_whatever_breaks() -> None:
    with open_directory() as directory:
        report = await run(list(FAULTS), SHORT, secrets.randbelow(1_000_000), directory, print)
    assert report.wrongs == [], str(report)
