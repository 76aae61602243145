"""`credence score`: what it writes, sets aside, refuses, and survives."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from features.catalogue import catalogue_hash
from models import registry, succession
from models.champions import NoChampionError, bundle
from serving import manifest
from serving.batch import TooManyRejectsError, score
from serving.manifest import OtherJobError
from serving.parts import FolderBusyError, held
from tests.registries import register
from tests.serving.jobs import home_like, ids, pairs_file, parts, rejects, scores, some_pairs

COLUMNS = [
    "creator_id", "brief_id", "as_of", "compensation", "fee", "tier",
    "conversion_probability", "conversion_low", "conversion_high",
    "expected_conversions", "expected_conversions_low", "expected_conversions_high",
    "fake_share", "fake_share_low", "fake_share_high", "fake_risk", "level",
    "conversion_version", "fake_followers_version", "fake_accounts_version", "catalogue_hash",
]  # fmt: skip
REJECTS = ["table", "creator_id", "brief_id", "key", "rule", "reason", "row"]

# Runs a job with parts of seven scores and kills itself, as the kernel might, before the third.
KILLED = """
import os, signal, sys
from pathlib import Path
from serving import batch, parts
write = parts.write_part
def dying(path, table):
    if path.name == "part-00002.parquet":
        os.kill(os.getpid(), signal.SIGKILL)
    write(path, table)
batch.write_part = dying
batch.score(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), part_rows=7)
"""


@pytest.fixture(scope="module")
def pairs(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return some_pairs(world, tmp_path_factory.mktemp("pairs") / "pairs.csv")


@pytest.fixture(scope="module")
def out(home: Path, world: Path, pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the output of an uninterrupted job in parts of seven scores."""
    folder = tmp_path_factory.mktemp("batch") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CREDENCE_HOME", str(home))
        score(world, pairs, folder, part_rows=7)
    return folder


def test_scores_have_the_promised_columns(out: Path) -> None:
    """The columns are those of the format, in its order, and nothing else is written."""
    assert scores(out).column_names == COLUMNS
    assert pq.read_table(out / "rejects").column_names == REJECTS
    assert sorted(path.name for path in out.iterdir()) == ["manifest.json", "rejects", "scores"]


def test_scores_are_sorted_with_unknown_first(out: Path) -> None:
    """Rows are sorted by creator, brief and moment; a pair without a brief comes first."""
    table = scores(out)

    rows = [(row["creator_id"], row["brief_id"] or "", row["as_of"]) for row in table.to_pylist()]

    assert rows == sorted(rows)
    assert len(rows) == 60


def test_a_part_holds_so_many_scores(out: Path) -> None:
    """Every part but the last is full."""
    sizes = [pq.read_metadata(path).num_rows for path in sorted(out.glob("scores/*.parquet"))]

    assert sizes == [7] * 8 + [4]


def test_scores_without_a_brief_say_nothing_of_conversion(out: Path) -> None:
    """Conversion columns are null exactly where there is no brief; audiences are always scored."""
    table = scores(out)
    without = table.filter(pc.is_null(table["brief_id"]))
    names = [name for name in COLUMNS if "conversion" in name]

    assert len(without) == 10
    assert all(without[name].null_count == len(without) for name in names)
    assert table["conversion_probability"].null_count == len(without)
    assert table["fake_risk"].null_count == 0


def test_scores_are_possible_numbers(out: Path) -> None:
    """Probabilities and shares lie in [0, 1], intervals hold their estimates."""
    table = scores(out).to_pandas()
    briefed = table[table.brief_id.notna()]

    assert table.fake_risk.between(0, 1).all()
    assert (table.fake_share_low <= table.fake_share).all()
    assert (table.fake_share <= table.fake_share_high).all()
    assert (briefed.conversion_low <= briefed.conversion_probability).all()
    assert (briefed.conversion_probability <= briefed.conversion_high).all()
    assert (briefed.expected_conversions_low <= briefed.expected_conversions).all()
    assert (briefed.expected_conversions <= briefed.expected_conversions_high).all()


def test_the_manifest_counts_what_was_written(out: Path) -> None:
    """All pairs are scores, rejected or collapsed; versions, as_of and hashes are named."""
    found = json.loads((out / "manifest.json").read_bytes())

    assert found["pairs"] == found["scores"] + found["rejected_pairs"] + found["collapsed"] == 60
    assert found["scores"] == len(scores(out))
    assert found["rejects"] == len(rejects(out)) == 0
    assert found["finished"] is True
    assert found["as_of"].endswith("Z")
    assert set(found["versions"]) == {"fake_accounts", "fake_followers", "conversion"}
    assert {"pairs", "creators", "posts"} <= set(found["hashes"])
    assert found["catalogue_hash"] == catalogue_hash()
    assert found["seconds"] > 0


def test_what_was_missing_is_counted(
    at_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The manifest counts the scores that see no row of a table, and stderr says so."""
    tables = tmp_path / "tables"
    tables.mkdir()
    (tables / "creators.csv").write_text("creator_id,platform\nana,instagram\nben,x\n")
    (tables / "snapshots.csv").write_text(
        "creator_id,observed_at,followers\nana,2026-01-01T00:00:00Z,900\n"
    )
    file = pairs_file(tmp_path / "pairs.csv", [("ana",), ("ben",)], ("creator_id",))

    score(tables, file, tmp_path / "out")

    found = json.loads((tmp_path / "out" / "manifest.json").read_bytes())
    assert found["missing"]["snapshots"] == 1
    assert found["missing"]["followers"] == found["missing"]["posts"] == 2
    assert "1 of 2 see no snapshots" in capsys.readouterr().err


def test_a_row_names_its_own_moment(out: Path) -> None:
    """The as_of of a row wins over the job's."""
    moments = pc.value_counts(scores(out)["as_of"].cast(pa.string())).to_pylist()

    assert {"values": "2026-01-01 00:00:00.000000Z", "counts": 5} in moments
    assert len(moments) == 2


def test_a_pair_alone_scores_as_in_the_batch(
    at_home: Path, world: Path, out: Path, tmp_path: Path
) -> None:
    """A pair scored alone gives the row of the batch, bit for bit."""
    table = scores(out)
    row = table.filter(pc.equal(table["fee"], 250.5)).slice(2, 1)
    asked = [row[name][0].as_py() for name in COLUMNS[:5]]
    file = pairs_file(tmp_path / "one.csv", [asked])

    score(world, file, tmp_path / "out")

    assert scores(tmp_path / "out").to_pylist() == row.to_pylist()


def test_the_order_of_pairs_and_their_copies_change_nothing(
    at_home: Path, world: Path, pairs: Path, out: Path, tmp_path: Path
) -> None:
    """Rows in another order, some of them twice, give the same bytes; copies are counted."""
    header, *rows = pairs.read_text().splitlines()
    turned = tmp_path / "turned.csv"
    turned.write_text("\n".join([header, *reversed(rows), rows[3], rows[59]]) + "\n")

    score(world, turned, tmp_path / "out", part_rows=7)

    assert parts(tmp_path / "out") == parts(out)
    assert json.loads((tmp_path / "out" / "manifest.json").read_bytes())["collapsed"] == 2


def test_a_copy_that_names_the_default_moment_collapses(
    at_home: Path, world: Path, tmp_path: Path
) -> None:
    """Rows are equal if they ask for the same thing, whether as_of is written or the default."""
    creator = ids(world, "creators")[0]
    rows = [(creator, "2026-03-01T01:00:00+01:00"), (creator, "")]
    file = pairs_file(tmp_path / "pairs.csv", rows, ("creator_id", "as_of"))

    score(world, file, tmp_path / "out", as_of=1_772_323_200_000_000)

    assert scores(tmp_path / "out")["as_of"].cast(pa.string()).to_pylist() == [
        "2026-03-01 00:00:00.000000Z"
    ]


def test_bad_pairs_are_set_aside(at_home: Path, world: Path, tmp_path: Path) -> None:
    """Each bad pair is told of with its rule and a reason without its values; others are scored."""
    creator, brief = ids(world, "creators")[0], ids(world, "briefs")[0]
    rows = [
        (creator, brief, "", "", ""),
        ("nobody", "", "", "", ""),
        (creator, "no-brief", "", "", ""),
        (creator, "", "", "cash", ""),
        (creator, "", "", "", -7),
        ("two words", "", "", "", ""),
        ("", "", "", "", ""),
    ]

    count = score(world, pairs_file(tmp_path / "p.csv", rows), tmp_path / "out", max_rejects=1)

    found = rejects(tmp_path / "out")
    assert count == len(found) == 6
    assert {row["table"] for row in found} == {"pairs"}
    assert sorted(str(row["rule"]) for row in found) == [
        "malformed_id", "missing_value", "out_of_range",
        "unknown_reference", "unknown_reference", "unknown_value",
    ]  # fmt: skip
    values = ("nobody", "no-brief", "cash", "-7", "two words")
    assert not any(value in str(row["reason"]) for row in found for value in values)
    assert any(json.loads(str(row["row"]))["creator_id"] == "nobody" for row in found)
    assert len(scores(tmp_path / "out")) == 1


def test_rejects_tell_of_bad_rows_of_the_tables(at_home: Path, world: Path, tmp_path: Path) -> None:
    """What the reader of the tables sets aside is written too."""
    tables = tmp_path / "tables"
    tables.mkdir()
    (tables / "creators.csv").write_text("creator_id,platform\nana,instagram\nben,myspace\n")
    file = pairs_file(tmp_path / "pairs.csv", [("ana",)], ("creator_id",))

    count = score(tables, file, tmp_path / "out", as_of=0, max_rejects=0.5)

    found = rejects(tmp_path / "out")
    assert count == 1
    assert (found[0]["table"], found[0]["key"], found[0]["rule"]) == (
        "creators", "ben", "unknown_value",
    )  # fmt: skip


def test_too_many_rejects_stop_the_job(at_home: Path, world: Path, tmp_path: Path) -> None:
    """Beyond the share that may be lost nothing is written, not even the folder."""
    file = pairs_file(tmp_path / "pairs.csv", [("nobody",)], ("creator_id",))

    with pytest.raises(TooManyRejectsError, match=r"1 of 1 rows .* unknown_reference"):
        score(world, file, tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_no_pairs_are_a_job_too(at_home: Path, world: Path, tmp_path: Path) -> None:
    """Without a pair the output has its columns and no row."""
    file = pairs_file(tmp_path / "pairs.csv", [], ("creator_id",))

    assert score(world, file, tmp_path / "out") == 0

    assert scores(tmp_path / "out").column_names == COLUMNS
    assert len(scores(tmp_path / "out")) == 0


def test_reasons_are_a_column_of_json(
    at_home: Path, world: Path, out: Path, tmp_path: Path
) -> None:
    """--reasons adds at most so many reasons a model and changes no other column."""
    first = scores(out).slice(0, 3)
    rows = [(row["creator_id"], row["brief_id"] or "", "", "", "") for row in first.to_pylist()]

    score(world, pairs_file(tmp_path / "p.csv", rows), tmp_path / "out", reasons=2)

    found = scores(tmp_path / "out")
    assert found.drop_columns("reasons").column_names == COLUMNS
    for row in found.to_pylist():
        reasons = json.loads(row["reasons"])
        assert set(reasons) == {"fake_followers", "conversion"}
        assert 0 < len(reasons["fake_followers"]) <= 2
        assert bool(reasons["conversion"]) == (row["brief_id"] is not None)
        assert set(reasons["fake_followers"][0]) == {
            "feature", "family", "value", "percentile", "contribution", "text",
        }  # fmt: skip


def test_a_killed_job_goes_on_where_it_was(
    at_home: Path, world: Path, pairs: Path, out: Path, tmp_path: Path
) -> None:
    """After a kill -9 the same command leaves finished parts alone and ends with the same bytes."""
    folder = tmp_path / "out"
    command = [sys.executable, "-c", KILLED, str(world), str(pairs), str(folder)]
    killed = subprocess.run(command, env=os.environ, check=False, timeout=300)
    assert killed.returncode == -signal.SIGKILL
    before = {path: path.stat().st_mtime_ns for path in folder.glob("scores/*.parquet")}

    score(world, pairs, folder, part_rows=7)

    assert len(before) == 2
    assert all(path.stat().st_mtime_ns == when for path, when in before.items())
    assert parts(folder) == parts(out)


def test_a_part_that_is_cut_off_is_written_again(
    at_home: Path, world: Path, pairs: Path, out: Path, tmp_path: Path
) -> None:
    """A damaged part is no finished part."""
    folder = home_like(out, tmp_path / "out")
    damaged = folder / "scores" / "part-00001.parquet"
    damaged.write_bytes(damaged.read_bytes()[:100])

    score(world, pairs, folder, part_rows=7)

    assert parts(folder) == parts(out)


def test_a_finished_job_is_left_as_it_is(
    at_home: Path, world: Path, pairs: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Asked again, a finished job touches nothing and says so."""
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}

    score(world, pairs, out, part_rows=7)

    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before
    assert "9 of 9 parts were finished before" in capsys.readouterr().err


def test_other_inputs_are_refused(
    at_home: Path, world: Path, pairs: Path, out: Path, tmp_path: Path
) -> None:
    """A folder takes no other pairs, moment or reasons than the first run's."""
    other = pairs_file(tmp_path / "other.csv", [(ids(world, "creators")[0],)], ("creator_id",))
    before = parts(out)

    with pytest.raises(OtherJobError, match=r"different: pairs\)"):
        score(world, other, out, part_rows=7)
    with pytest.raises(OtherJobError, match="--as-of"):
        score(world, pairs, out, as_of=1_772_323_200_000_000, part_rows=7)
    with pytest.raises(OtherJobError, match="--reasons"):
        score(world, pairs, out, reasons=3, part_rows=7)

    assert parts(out) == before


def test_a_folder_of_something_else_is_refused(
    at_home: Path, world: Path, pairs: Path, tmp_path: Path
) -> None:
    """Scores without a manifest, or a manifest of something else, are never overwritten."""
    (tmp_path / "one" / "scores").mkdir(parents=True)
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / manifest.NAME).write_text('{"title": "something else"}')

    with pytest.raises(OtherJobError, match="without a manifest"):
        score(world, pairs, tmp_path / "one")
    with pytest.raises(OtherJobError, match="no manifest of"):
        score(world, pairs, tmp_path / "two")


def test_two_jobs_exclude_each_other(
    at_home: Path, world: Path, pairs: Path, tmp_path: Path
) -> None:
    """While a folder is held, another job on it ends at once."""
    with held(tmp_path / "out"), pytest.raises(FolderBusyError, match="another job"):
        score(world, pairs, tmp_path / "out")


@pytest.fixture
def own_home(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point this process at a copy of the trained state folder."""
    copy = home_like(home, tmp_path / "home")
    monkeypatch.setenv("CREDENCE_HOME", str(copy))
    return copy


def test_a_job_keeps_the_versions_that_it_began_with(
    own_home: Path, world: Path, pairs: Path, out: Path, tmp_path: Path
) -> None:
    """A version promoted meanwhile changes nothing in a resumed job."""
    folder = home_like(out, tmp_path / "out")
    (folder / "scores" / "part-00004.parquet").unlink()
    standing = registry.champion("conversion")
    number = register(bundle("conversion"))
    succession.promote(registry.version("conversion", number), over=standing, evidence={})

    score(world, pairs, folder, part_rows=7)

    assert parts(folder) == parts(out)


def test_a_champion_is_needed(empty_home: Path, world: Path, pairs: Path, tmp_path: Path) -> None:
    """Without a champion the job names the remedy and leaves nothing behind."""
    with pytest.raises(NoChampionError, match="credence train fake-followers"):
        score(world, pairs, tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_a_resumed_job_keeps_the_moment_of_its_first_run(at_home: Path, tmp_path: Path) -> None:
    """Where nothing was ever observed the default moment is now: that of the first run counts."""
    tables = tmp_path / "tables"
    tables.mkdir()
    (tables / "creators.csv").write_text("creator_id,platform\nana,instagram\nben,x\n")
    file = pairs_file(tmp_path / "pairs.csv", [("ana",), ("ben",)], ("creator_id",))
    score(tables, file, tmp_path / "out", part_rows=1)
    before = parts(tmp_path / "out")
    (tmp_path / "out" / "scores" / "part-00001.parquet").unlink()

    score(tables, file, tmp_path / "out", part_rows=1)

    assert parts(tmp_path / "out") == before
