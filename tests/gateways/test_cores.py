"""The number of cores that a process may use."""

from pathlib import Path

import pytest

from letmepost.gateways.cores import usable_cores


@pytest.mark.parametrize("limit", ["100000 100000\n", "50000 100000\n", "1000 100000\n"])
def test_limit_of_the_control_group_is_rounded_up_to_whole_cores(tmp_path: Path, limit: str) -> None:
    file = tmp_path / "cpu.max"
    file.write_text(limit)
    assert usable_cores(file) == 1


@pytest.mark.parametrize("limit", ["max 100000\n", "100000000 100000\n", ""])
def test_cores_of_the_scheduler_are_used_without_a_lower_limit(tmp_path: Path, limit: str) -> None:
    file = tmp_path / "cpu.max"
    file.write_text(limit)
    assert usable_cores(file) == usable_cores(tmp_path / "missing") >= 1
