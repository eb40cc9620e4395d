import json
import stat

from tests.cli.publishing.answers import KEY, URL, Shell, current_key, error

NO_VARIABLES = {"LETMEPOST_URL": "", "LETMEPOST_API_KEY": ""}


def test_login_stores_the_key_for_its_owner_only(shell: Shell) -> None:
    me = shell.responds("GET", "/v1/me", current_key())
    done = shell.run("login", "--url", f"{URL}/", stdin=f"{KEY}\n", **NO_VARIABLES)
    assert done.code == 0, done.error
    assert "Acme (org_1)" in done.out
    assert KEY not in done.out + done.error
    file = shell.home / "credentials.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(shell.home.stat().st_mode) == 0o700
    assert json.loads(file.read_text()) == {"url": URL, "apiKey": KEY}
    assert list(shell.home.iterdir()) == [file]
    shown = shell.run("whoami", "--json", **NO_VARIABLES)
    assert (shown.data["mode"], shown.data["organization"]["name"]) == ("test", "Acme")
    assert [call.request.headers["authorization"] for call in me.calls] == [f"Bearer {KEY}"] * 2


def test_login_replaces_the_stored_key_and_logout_deletes_it(shell: Shell) -> None:
    shell.responds("GET", "/v1/me", current_key())
    for key in (KEY, "lmp_live_other"):
        assert shell.run("login", "--url", URL, stdin=key, **NO_VARIABLES).code == 0
    assert json.loads((shell.home / "credentials.json").read_text())["apiKey"] == "lmp_live_other"
    assert shell.run("logout", "--json").data == {"deleted": True, "mode": "live"}
    assert shell.run("logout").out == "No API key was stored.\n"
    gone = shell.run("whoami", **NO_VARIABLES)
    assert (gone.code, gone.error) == (1, "There is no API key. Run `letmepost login`, or set LETMEPOST_API_KEY.\n")


def test_rejected_key_is_not_stored(shell: Shell) -> None:
    shell.responds("GET", "/v1/me", error("unauthenticated", "The API key is revoked."), 401)
    failed = shell.run("login", stdin=KEY)
    assert failed.code == 1
    assert "The API key is revoked." in failed.error
    assert not shell.home.exists()


def test_key_with_another_prefix_is_not_sent(shell: Shell) -> None:
    failed = shell.run("login", stdin="sk_live_123")
    assert (failed.code, failed.out) == (1, "")
    assert "lmp_test_ or lmp_live_" in failed.error
    wrong = shell.run("posts", "list", LETMEPOST_API_KEY="sk_live_123")
    assert "LETMEPOST_API_KEY does not begin with lmp_test_" in wrong.error


def test_variables_win_over_the_stored_key(shell: Shell) -> None:
    me = shell.responds("GET", "/v1/me", current_key())
    shell.run("login", "--url", URL, stdin="lmp_live_stored", **NO_VARIABLES)
    shell.run("whoami", LETMEPOST_URL="")
    assert me.calls.last.request.headers["authorization"] == f"Bearer {KEY}"
    warned = shell.run("login", "--url", URL, stdin="lmp_live_stored")
    assert "LETMEPOST_API_KEY is set, and wins over the stored key." in warned.error


def test_stored_key_is_not_sent_to_another_server(shell: Shell) -> None:
    shell.responds("GET", "/v1/me", current_key())
    shell.run("login", "--url", URL, stdin=KEY, **NO_VARIABLES)
    failed = shell.run("whoami", LETMEPOST_URL="https://other.test", LETMEPOST_API_KEY="")
    assert failed.code == 1
    assert f"The stored API key is for {URL}, but LETMEPOST_URL is https://other.test." in failed.error


def test_damaged_file_is_reported(shell: Shell) -> None:
    shell.home.mkdir()
    (shell.home / "credentials.json").write_text("{")
    failed = shell.run("whoami", **NO_VARIABLES)
    assert failed.code == 1
    assert "Run `letmepost login` to replace it." in failed.error
