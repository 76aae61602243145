"""The console script: help, exit codes, and what is said where."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import cli
from tests.commands import credence
from tests.serving.jobs import ids, pairs_file

COMMANDS = (
    "world", "train", "models", "promote", "rollback",
    "audit", "features", "score", "partition", "publish", "backtest", "serve", "keys",
)  # fmt: skip
# Modules that a scoring command must never wait for.
SLOW = ("mlflow", "matplotlib", "bentoml")
LOADED = f"""
import sys, cli
try:
    cli.main(sys.argv[1:])
finally:
    print([name for name in {SLOW} if name in sys.modules], file=sys.stderr)
"""


def run(*arguments: object) -> int:
    """Return the exit code of a command run in this process."""
    with pytest.raises(SystemExit) as exit_:
        cli.main([str(one) for one in arguments])
    code = exit_.value.code
    assert isinstance(code, int)
    return code


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """`credence --help` names the commands and shows examples."""
    assert run("--help") == 0

    text = capsys.readouterr().out
    assert all(f"\n  {name} " in text for name in COMMANDS)
    assert "credence train all --tables world" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shows_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The help of a command shows how it is called."""
    assert run(command, "--help") == 0

    assert f"Examples:\n    credence {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ("score",),
        ("nonsense",),
        ("train", "everything"),
        ("score", "--tables", "/nowhere", "--pairs", "/nowhere", "--out", "out"),
        ("promote", "conversion", "3", "--force"),
        ("serve", "--port", "99999"),
        ("train", "fake-accounts", __file__),
    ],
)
def test_wrong_usage_exits_2(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be meant exits 2, with a word on stderr and nothing on stdout."""
    assert run(*arguments) == 2

    said = capsys.readouterr()
    assert said.out == ""
    assert "Error: " in said.err


@pytest.mark.parametrize("moment", ["yesterday", "2026-01-31T12:00:00", "2026-01-31"])
def test_a_moment_needs_an_offset(
    moment: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """--as-of takes ISO 8601 with an offset and nothing else."""
    assert run("publish", "--tables", tmp_path, "--as-of", moment) == 2

    assert f"--as-of '{moment}'" in capsys.readouterr().err


def test_bad_input_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bad input exits 2 with one line, no traceback."""
    pairs = pairs_file(tmp_path / "pairs.csv", [("ana",)], ("creator_id",))

    assert run("score", "--tables", tmp_path, "--pairs", pairs, "--out", tmp_path / "out") == 2

    lines = capsys.readouterr().err.splitlines()
    assert lines[-1].startswith("credence: ")
    assert "holds no table creators" in lines[-1]
    assert not any("Traceback" in line for line in lines)


def test_a_missing_champion_exits_2_with_the_remedy(
    empty_home: Path, world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Scoring without models names the command that makes them."""
    pairs = pairs_file(tmp_path / "pairs.csv", [(ids(world, "creators")[0],)], ("creator_id",))

    assert run("score", "--tables", world, "--pairs", pairs, "--out", tmp_path / "out") == 2

    assert "credence train fake-followers" in capsys.readouterr().err


def test_a_failure_is_one_line_unless_asked(
    at_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What nobody foresaw exits 1 with one line; CREDENCE_DEBUG adds the traceback."""
    followers = tmp_path / "followers.csv"
    followers.write_text("followers,following,posts\n1,2,3\n")
    command = ("audit", followers, "--out", tmp_path / "a-folder")
    (tmp_path / "a-folder").mkdir()

    assert run(*command) == 1
    brief = capsys.readouterr().err
    monkeypatch.setenv("CREDENCE_DEBUG", "1")
    assert run(*command) == 1
    long = capsys.readouterr().err

    assert "Traceback" not in brief
    assert brief.splitlines()[-1].startswith("credence: IsADirectoryError: ")
    assert "Traceback" in long


def test_rows_set_aside_exit_3(
    at_home: Path, world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A job that sets rows aside is done, exits 3 and says how many."""
    rows = [(ids(world, "creators")[0],), ("nobody",)]
    pairs = pairs_file(tmp_path / "pairs.csv", rows, ("creator_id",))
    command = ("score", "--tables", world, "--pairs", pairs, "--out", tmp_path / "out")

    assert run(*command) == 2
    assert run(*command, "--max-rejects", 0.5) == 3

    assert "1 row set aside: see " in capsys.readouterr().err


def test_the_default_moment_is_said(
    at_home: Path, world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without --as-of the moment used is printed, on stderr."""
    pairs = pairs_file(tmp_path / "pairs.csv", [(ids(world, "creators")[0],)], ("creator_id",))

    assert run("score", "--tables", world, "--pairs", pairs, "--out", tmp_path / "out") == 0

    said = capsys.readouterr()
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_bytes())
    assert said.out == ""
    assert f"as_of {manifest['as_of']}: just after the latest observed_at" in said.err


def test_an_audit_prints_json(
    at_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Stdout holds the JSON list and nothing else."""
    followers = tmp_path / "followers.csv"
    followers.write_text("creator_id,followers,following,posts\nana,1,2,3\nben,1,2,-3\n")

    assert run("audit", followers, "--out", tmp_path / "out.csv") == 3

    found = json.loads(capsys.readouterr().out)
    assert [(one["creator_id"], one["n"]) for one in found] == [("ana", 1), ("ben", 0)]


def test_features_are_written(at_home: Path, world: Path, tmp_path: Path) -> None:
    """`credence features` writes X for a spine."""
    rows = [(ids(world, "creators")[0], "2026-01-01T00:00:00Z")]
    spine = pairs_file(tmp_path / "spine.csv", rows, ("creator_id", "as_of"))

    assert run("features", "--tables", world, "--spine", spine, "--out", tmp_path / "X.csv") == 0

    assert len((tmp_path / "X.csv").read_text().splitlines()) == 2


def test_a_world_is_written(tmp_path: Path) -> None:
    """`credence world` writes tables and truth."""
    assert run("world", "--out", tmp_path / "w", "--creators", 20, "--seed", 3) == 0

    assert (tmp_path / "w" / "creators.parquet").exists()
    assert (tmp_path / "w" / "truth").is_dir()


def test_scoring_waits_for_no_slow_import(home: Path, world: Path, tmp_path: Path) -> None:
    """A scoring job never imports MLflow, matplotlib or BentoML."""
    pairs = pairs_file(tmp_path / "pairs.csv", [(ids(world, "creators")[0],)], ("creator_id",))
    command = ("score", "--tables", world, "--pairs", pairs, "--out", tmp_path / "out")

    done = subprocess.run(
        [sys.executable, "-c", LOADED, *map(str, command)],
        env={**os.environ, "CREDENCE_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == "[]"


@pytest.mark.parametrize("between", [(), ("--accounts",)])
def test_labelled_files_follow_accounts(
    between: tuple[str, ...], empty_home: Path, tmp_path: Path
) -> None:
    """`--accounts A B` reads every file, as `--accounts A --accounts B` does: both are refused."""
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text("source,platform,followers,following,posts,is_fake\n", encoding="utf-8")
    second.write_text("source\n", encoding="utf-8")

    done = credence(
        "train", "fake-accounts", "--accounts", str(first), *between, str(second),
        home=empty_home, expect=2,
    )  # fmt: skip

    assert "b.csv" in done.stderr


def test_models_are_listed(home: Path) -> None:
    """`credence models` lists every model with its champion."""
    text = credence("models", home=home).stdout

    assert all(name in text for name in ("fake_accounts", "fake_followers", "conversion"))
    assert "champion" in text


def test_a_rollback_without_a_former_champion_fails(home: Path) -> None:
    """There is nothing to go back to: the exit code says so and the champion stays."""
    done = credence("rollback", "conversion", home=home, expect=1)

    assert "no champion before" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_rollback_without_a_champion_exits_2(empty_home: Path) -> None:
    """Where no champion stands the remedy is a training, not another version."""
    done = credence("rollback", "conversion", home=empty_home, expect=2)

    assert "credence train conversion" in done.stderr


def test_the_champion_is_promoted_already(home: Path) -> None:
    """To promote the champion is done at once, in words on stdout."""
    done = credence("promote", "fake-followers", "1", home=home)

    assert "is the champion already" in done.stdout


def test_an_unknown_version_is_not_promoted(home: Path) -> None:
    """A version that is not there is bad input."""
    credence("promote", "conversion", "99", home=home, expect=2)
