"""`credence keys`, as a person and as a script use it."""

import json
import re
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import cli
from serving import key_file
from serving.keys import presented
from tests.commands import REPOSITORY, credence

TEXT = re.compile(r"cred_[0-9a-f]{12}_[0-9a-f]{64}\n")


def run(*arguments: str) -> Result:
    """Return what `credence keys` said to this command line."""
    return CliRunner().invoke(cli.credence, ["keys", *arguments])


def made(*arguments: str) -> tuple[str, str]:
    """Return id and text of a new key."""
    text = run("create", *arguments).stdout.strip()
    return text.split("_")[1], text


def listed() -> list[dict[str, object]]:
    """Return the keys as they are listed."""
    found: list[dict[str, object]] = json.loads(run("list", "--json").stdout)
    return found


def test_a_key_is_printed_alone_and_once(empty_home: Path) -> None:
    """Stdout holds the text of the key, which is the kept one's, and nothing shows it again."""
    done = run("create")
    text = done.stdout.strip()

    assert TEXT.fullmatch(done.stdout)
    [kept] = key_file.read(empty_home / "keys.json")
    assert presented(f"Bearer {text}".encode()) == (kept.id, bytes.fromhex(kept.digest))
    shown = done.stderr + run("list").output + run("list", "--json").output
    assert text.split("_")[2] not in shown + (empty_home / "keys.json").read_text()
    assert kept.digest not in shown


def test_a_key_has_sane_defaults(empty_home: Path) -> None:
    """Without options a key scores, for a year, 600 times a minute and 100 times at once."""
    made()

    [key] = listed()
    span = datetime.fromisoformat(str(key["expires"])) - datetime.fromisoformat(str(key["created"]))
    assert span == timedelta(days=365)
    assert key["scopes"] == ["score"]
    assert (key["per_minute"], key["burst"], key["state"]) == (600, 100, "valid")


def test_every_option_is_kept(empty_home: Path) -> None:
    """Scopes, end, quota and label are those asked for, in JSON too."""
    options = ("--per-minute", "30", "--burst", "4", "--label", "shop 1", "--no-expiry", "--json")
    done = run("create", "--scope", "metrics", "--scope", "read", "--scope", "read", *options)

    shown = json.loads(done.stdout)
    assert TEXT.fullmatch(shown.pop("key") + "\n")
    assert [shown] == listed()
    assert shown["scopes"] == ["read", "metrics"]
    assert shown["expires"] is None
    assert (shown["per_minute"], shown["burst"], shown["label"]) == (30, 4, "shop 1")


def test_the_list_is_a_table(empty_home: Path) -> None:
    """The list shows a line a key below its head."""
    ids = [made("--label", label)[0] for label in ("one", "two")]

    head, *lines = run("list").stdout.splitlines()

    assert head.split()[:3] == ["id", "state", "scopes"]
    assert [line.split()[0] for line in lines] == ids
    assert [line.split()[-1] for line in lines] == ["one", "two"]


def test_an_empty_list_says_what_that_means(empty_home: Path) -> None:
    """Without keys stdout is empty, and JSON an empty list."""
    done = run("list")

    assert done.exit_code == 0
    assert done.stdout == ""
    assert "this machine only" in done.stderr
    assert listed() == []


def test_a_rotation_prints_another_text(empty_home: Path) -> None:
    """The id stays, the secret is another one, and the former is kept for the grace."""
    id_, text = made()
    before = listed()[0]

    done = run("rotate", id_, "--grace", "30")

    assert TEXT.fullmatch(done.stdout)
    assert done.stdout.split("_")[1] == id_
    assert done.stdout.strip() != text
    [after] = listed()
    assert after["rotated"] is not None
    span = datetime.fromisoformat(str(after["former_until"])) - datetime.fromisoformat(
        str(after["rotated"])
    )
    assert span == timedelta(minutes=30)
    changed = {"rotated", "former_until"}
    assert {name: after[name] for name in after if name not in changed} == {
        name: before[name] for name in before if name not in changed
    }


def test_without_a_grace_the_old_secret_ends_at_once(empty_home: Path) -> None:
    """A rotation keeps the former secret only where it is asked to."""
    id_, _ = made()

    run("rotate", id_)

    assert listed()[0]["former_until"] is None


def test_a_rotation_may_move_the_end(empty_home: Path) -> None:
    """--days counts from now, --no-expiry lifts the end."""
    id_, _ = made("--days", "5")

    run("rotate", id_, "--days", "50")
    [moved] = listed()
    run("rotate", id_, "--no-expiry")

    span = datetime.fromisoformat(str(moved["expires"])) - datetime.fromisoformat(
        str(moved["rotated"])
    )
    assert span == timedelta(days=50)
    assert listed()[0]["expires"] is None


def test_a_key_is_revoked_for_good(empty_home: Path) -> None:
    """A revoked key stays in the list as such; to revoke it again is no error, to rotate it is."""
    id_, _ = made()
    other, _ = made()

    assert [run("revoke", id_).exit_code for _ in range(2)] == [0, 0]

    assert {key["id"]: key["state"] for key in listed()} == {id_: "revoked", other: "valid"}
    done = credence("keys", "rotate", id_, home=empty_home, expect=2)
    assert "revoked" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("command", ["rotate", "revoke"])
def test_an_unknown_id_is_not_repeated(empty_home: Path, command: str) -> None:
    """A key pasted in the place of its id is refused without a word of it."""
    _, text = made()

    done = credence("keys", command, text, home=empty_home, expect=2)

    assert "credence keys list" in done.stderr
    assert text.split("_")[2] not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", "--scope", "everything"),
        ("create", "--days", "0"),
        ("create", "--per-minute", "0"),
        ("create", "--label", "line\nbreak"),
        ("create", "--label", "\x1b[31m"),
        ("create", "--label", "x" * 65),
        ("rotate", "0f3a5c7e9b1d", "--grace", "-1"),
        ("rotate",),
    ],
)
def test_wrong_usage_makes_no_key(empty_home: Path, arguments: tuple[str, ...]) -> None:
    """What cannot be meant exits 2 and leaves no file."""
    done = run(*arguments)

    assert done.exit_code == 2
    assert not (empty_home / "keys.json").exists()


def test_a_loose_file_is_refused_with_the_remedy(empty_home: Path) -> None:
    """A file that others may read is neither listed nor changed."""
    made()
    (empty_home / "keys.json").chmod(0o640)

    for command in (("list",), ("create",)):
        assert "chmod 600" in credence("keys", *command, home=empty_home, expect=2).stderr


@pytest.mark.parametrize("command", ["create", "list", "rotate", "revoke"])
def test_every_command_shows_examples(command: str) -> None:
    """The help of a command shows how it is called."""
    assert f"Examples:\n    credence keys {command}" in run(command, "--help").output


def test_other_commands_do_not_wait_for_keys() -> None:
    """The console script loads neither keys nor their file before they are asked for."""
    code = "import sys, cli; print([one for one in sys.modules if one.startswith('serving.key')])"

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "['serving.keys_command']"
