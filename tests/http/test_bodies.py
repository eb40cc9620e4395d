"""Parsing JSON bodies."""

import json
import tracemalloc

from letmepost.http.bodies import read_json


async def test_long_name_is_not_repeated_for_each_value_below_it() -> None:
    """The paths of these values would take 1.9 GB if each contained the whole name."""
    body = json.dumps({"a" * 100_000: {str(number): 1 for number in range(19_000)}}).encode()
    tracemalloc.start()
    try:
        await read_json(body)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 100_000_000
