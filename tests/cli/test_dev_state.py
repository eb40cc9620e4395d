"""The state that `letmepost dev` keeps between starts."""

import json
from dataclasses import asdict
from pathlib import Path

from letmepost.cli.dev.secrets import load_state


def test_state_is_generated_once(tmp_path: Path) -> None:
    path = tmp_path / "dev.json"
    first = load_state(path)
    assert asdict(load_state(path)) == asdict(first)
    assert path.stat().st_mode & 0o777 == 0o600
    assert first.api_role != first.worker_role
    assert first.api_password != first.worker_password


def test_state_of_an_earlier_release_keeps_its_keys_and_gets_new_login_roles(tmp_path: Path) -> None:
    path = tmp_path / "dev.json"
    earlier = asdict(load_state(path)) | {"test_key": "lmp_test_kept", "database_role": "old", "database_password": "p"}
    for name in ("api_role", "api_password", "worker_role", "worker_password"):
        del earlier[name]
    path.write_text(json.dumps(earlier), encoding="utf-8")
    state = load_state(path)
    assert (state.keys, state.test_key) == (earlier["keys"], "lmp_test_kept")
    assert "old" not in {state.api_role, state.worker_role}
    assert asdict(load_state(path)) == asdict(state)
