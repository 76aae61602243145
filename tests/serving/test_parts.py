"""Files that are complete or absent, in folders that one job holds."""

from pathlib import Path
from typing import IO

import pyarrow as pa
import pytest

from features.errors import InputError
from serving.parts import TEMPORARY, FolderBusyError, held, is_part, write, write_part


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    """Where writing fails the old file stands and no half-written one is left."""
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def failing(file: IO[bytes]) -> None:
        file.write(b"new")
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk is full"):
        write(path, failing)

    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_part_is_known_by_its_rows(tmp_path: Path) -> None:
    """A part counts as finished only if it is there, whole and of so many rows."""
    path = tmp_path / "deep" / "part.parquet"
    write_part(path, pa.table({"x": [1, 2, 3]}))

    assert is_part(path, 3)
    assert not is_part(path, 2)
    path.write_bytes(path.read_bytes()[:-4])
    assert not is_part(path, 3)
    assert not is_part(tmp_path / "none.parquet", 3)


def test_a_folder_is_held_by_one(tmp_path: Path) -> None:
    """A second holder is refused, the next one after the first is not."""
    with held(tmp_path / "out"), pytest.raises(FolderBusyError), held(tmp_path / "out"):
        pass
    with held(tmp_path / "out"):
        assert (tmp_path / "out").is_dir()


def test_a_folder_in_which_nothing_was_done_goes(tmp_path: Path) -> None:
    """A folder made for a job that wrote nothing is removed; one with files is not."""
    with held(tmp_path / "empty"):
        pass
    with held(tmp_path / "full"):
        (tmp_path / "full" / "file").write_text("kept")

    assert [one.name for one in tmp_path.iterdir()] == ["full"]
    assert [one.name for one in (tmp_path / "full").iterdir()] == ["file"]


def test_what_a_killed_job_left_is_removed(tmp_path: Path) -> None:
    """Half-written files and folders of an earlier job go when the folder is held."""
    (tmp_path / "scores").mkdir()
    (tmp_path / "scores" / f"{TEMPORARY}1-part").write_text("half")
    (tmp_path / f"{TEMPORARY}store").mkdir()
    (tmp_path / f"{TEMPORARY}store" / "data").write_text("half")

    with held(tmp_path):
        left = sorted(one.name for one in tmp_path.rglob("*"))

    assert left == [".lock", "scores"]


def test_the_output_must_be_a_folder(tmp_path: Path) -> None:
    """A file where the folder should be is bad input."""
    (tmp_path / "out").write_text("a file")

    with pytest.raises(InputError, match="must be a folder"), held(tmp_path / "out"):
        pass
