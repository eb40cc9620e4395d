"""Recorded replies, and what the transcripts of flows show."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from letmepost.domain.flow import Call, Effect, Extra, Instruction, Live, Part, Reply


def read_reply(path: Path, at: datetime, changes: Mapping[str, object]) -> Reply:
    """Return the reply in a JSON file; `changes` replaces fields of its JSON body."""
    data = json.loads(path.read_text())
    body = data["text"] if "text" in data else json.dumps({**data["body"], **changes})
    return Reply(status=data["status"], headers=data.get("headers", {}), body=body.encode(), received_at=at)


def checkpoints(instructions: Sequence[Instruction]) -> list[int]:
    """Return the number of PUBLISH calls before each checkpoint, and after the last."""
    counts = [0]
    for instruction in instructions:
        if isinstance(instruction, Call) and instruction.effect is Effect.PUBLISH:
            counts[-1] += 1
        elif isinstance(instruction, Part | Live | Extra):
            counts.append(0)
    return counts
