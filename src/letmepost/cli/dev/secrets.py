"""What a development deployment keeps between starts: its secrets and its first tenant."""

import base64
import json
import os
import secrets
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path


@dataclass(slots=True, kw_only=True)
class DevState:
    """The stored state, created at the first start. Only its owner can read the file."""

    keys: str
    operator_token: str
    sandbox_token: str
    api_role: str
    api_password: str
    worker_role: str
    worker_password: str
    # Simulated accounts store the address of their platform, so the sandbox keeps its port.
    sandbox_port: int | None = None
    organization_id: str | None = None
    test_key: str | None = None
    live_key: str | None = None
    test_account_id: str | None = None

    def save(self, path: Path) -> None:
        """Replace the file in one step: after a crash it is complete, old or new."""
        draft = path.with_suffix(".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(self), file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)


def load_state(path: Path) -> DevState:
    """Return the stored state. Fields that it lacks, because an earlier release wrote it, are generated and saved."""
    state = _make_state()
    if path.exists():
        stored = json.loads(path.read_text(encoding="utf-8"))
        known = {field.name for field in fields(DevState)}
        state = replace(state, **{name: value for name, value in stored.items() if name in known})
    state.save(path)
    return state


def _make_state() -> DevState:
    suffix = secrets.token_hex(4)
    return DevState(
        keys=f"dev:{base64.b64encode(secrets.token_bytes(32)).decode()}",
        operator_token=secrets.token_urlsafe(32),
        sandbox_token=secrets.token_urlsafe(32),
        api_role=f"letmepost_dev_api_{suffix}",
        api_password=secrets.token_urlsafe(24),
        worker_role=f"letmepost_dev_worker_{suffix}",
        worker_password=secrets.token_urlsafe(24),
    )
