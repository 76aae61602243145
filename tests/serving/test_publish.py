"""`credence publish`: from a store to the next, in parts, whatever stops it: the same bytes."""

import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from copy import copy
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.catalogue import catalogue_hash
from features.rows import from_rows
from serving import given as given_tables
from serving.edition import ENTRY, KEY, Edition, Packed, nothing
from serving.merging import merged
from serving.moments import instant
from serving.partition import partition
from serving.pinned import CONVERSION, FOLLOWERS, Pinned, pinned
from serving.prints import ground
from serving.publish import publish
from serving.store import DATA, current, published
from tests.serving.jobs import home_like, ids
from tests.strategies import DAYS, START, Row, Rows, rows_of

MARCH = "2026-03-01T00:00:00Z"
DAY = 86_400_000_000
FIRST = int(START.timestamp()) * 1_000_000

# Publishes in parts and kills itself before the file named last appears, or the store itself.
KILLED = """
import os, signal, sys
from pathlib import Path
from serving import given
from serving.publish import publish
given.AT_ONCE, given.PART_BYTES = 0, 1_000_000
def dying(name):
    was = getattr(Path, name)
    def instead(self, target):
        if str(target).endswith(sys.argv[2]) or name == sys.argv[2]:
            os.kill(os.getpid(), signal.SIGKILL)
        return was(self, target)
    return instead
Path.replace, Path.rename = dying("replace"), dying("rename")
publish(Path(sys.argv[1]))
"""


class Shelf:
    """Models to compute entries with; told in short where a property fails."""

    def __init__(self, models: Pinned) -> None:
        self.champions, self.digests = models.champions, models.digests


@pytest.fixture(scope="module")
def models(home: Path) -> Shelf:
    """Return the champions of the trained home."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CREDENCE_HOME", str(home))
        return Shelf(pinned((FOLLOWERS, CONVERSION)))


@pytest.fixture
def own_home(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point this process at a copy of the trained state folder in which nothing is published."""
    own = home_like(home, tmp_path / "home")
    shutil.rmtree(own / "online")
    monkeypatch.setenv("CREDENCE_HOME", str(own))
    return own


@pytest.fixture(scope="module")
def whole(home: Path, world: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the bytes of the world's store, published where nothing was before."""
    own = home_like(home, tmp_path_factory.mktemp("whole") / "home")
    shutil.rmtree(own / "online")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CREDENCE_HOME", str(own))
        publish(world)
        return content()


@pytest.fixture
def tables(world: Path, tmp_path: Path) -> Path:
    """Return a copy of the world's tables that a test may change."""
    ignored = shutil.ignore_patterns("truth")
    return Path(shutil.copytree(world, tmp_path / "tables", ignore=ignored))


def made(
    rows: Rows, as_of: int, models: Shelf, before: Packed = nothing
) -> tuple[dict[str, bytes], int]:
    """Return the entries of rows at a moment, and how many of them were computed."""
    base = ground(catalogue_hash(), models.digests)
    with TemporaryDirectory() as folder:
        edition = Edition(Path(folder), as_of, base, models.champions, before)
        done = edition.make(from_rows(rows), 0)
        found = list(merged([edition.run(0)], KEY, Path(folder)))
    keys = [key for table in found for key in table.column(KEY).to_pylist()]
    entries = [entry for table in found for entry in table.column(ENTRY).to_pylist()]
    assert done.creators == len(keys)
    return dict(zip(keys, entries, strict=True)), done.computed


def stored(entries: dict[str, bytes]) -> Packed:
    """Return what gives these entries, as a store does."""

    def packed(ids: Sequence[str]) -> Sequence[bytes | None]:
        return [entries.get(one) for one in ids]

    return packed


def changed(rows: Rows, seed: int) -> Rows:
    """Return the rows after a day's work: some gone, some altered, some added, some untouched."""
    random, found = Random(seed), {name: [dict(row) for row in some] for name, some in rows.items()}
    for name in random.sample(sorted(found), random.randrange(4)):
        some = found[name]
        if not some:
            continue
        if name not in ("creators", "brands", "briefs") and random.random() < 0.5:
            del some[random.randrange(len(some))]
        else:
            row, other = random.choice(some), random.choice(some)
            column = random.choice(sorted(row))
            row[column] = other.get(column)
    return found


@settings(max_examples=20)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
    st.sampled_from([40, 120, 200, DAYS, DAYS + 60]),
    st.sampled_from([0, 0, 0, 1, DAY, 90 * DAY, -30 * DAY]),
)
def test_the_next_store_is_what_it_would_be_without_the_one_before(
    models: Shelf, seed: int, change: int, day: int, later: int
) -> None:
    """Entries taken over are those that computing gives, whatever changed and whenever it is."""
    as_of = FIRST + day * DAY
    before, _ = made(rows_of(seed), as_of, models)
    rows = changed(rows_of(seed), change)

    found, computed = made(rows, as_of + later, models, stored(before))

    expected, all_of_them = made(rows, as_of + later, models)
    assert found == expected
    assert computed <= all_of_them == len(found)


@settings(max_examples=8)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0, 120, DAYS]))
def test_nothing_is_computed_again_for_rows_that_nobody_sees_yet(
    models: Shelf, seed: int, day: int
) -> None:
    """Rows known at the moment or later, and those of other creators, change no print."""
    rows, as_of = rows_of(seed), FIRST + day * DAY
    earlier, _ = made(rows, as_of, models)
    new: Row = {"creator_id": "dee", "platform": "tiktok"}
    late = {"creator_id": "ada", "observed_at": START.fromtimestamp(as_of / 1e6, START.tzinfo)}
    rows["creators"].append(new)
    rows["snapshots"].append({**late, "followers": 7})
    rows.setdefault("audience", []).append(
        {**late, "dimension": "country", "value": "DE", "share": 1.0}
    )

    found, computed = made(rows, as_of, models, stored(earlier))

    assert computed == 1
    assert {key: entry for key, entry in found.items() if key != "dee"} == earlier


def test_another_model_or_moment_makes_other_entries(models: Shelf) -> None:
    """Nothing is taken over from other models; from another moment only who has no past."""
    rows: Rows = {
        "creators": [{"creator_id": one, "platform": "x"} for one in ("old", "new")],
        "snapshots": [{"creator_id": "old", "observed_at": START, "followers": 9}],
    }
    before, _ = made(rows, FIRST + DAY, models)

    later, computed = made(rows, FIRST + 2 * DAY, models, stored(before))
    others = copy(models)
    others.digests = {**models.digests, FOLLOWERS: "0" * 64}

    assert computed == 1
    assert later["new"] == before["new"]
    assert later["old"] != before["old"]
    assert made(rows, FIRST + DAY, others, stored(before))[1] == 2


def test_only_what_changed_is_computed(
    own_home: Path, tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A row altered, the store is byte for byte that of a home in which nothing was published."""
    when = instant(MARCH)
    publish(tables, as_of=when)
    first = capsys.readouterr().err
    path = tables / "snapshots.parquet"
    rows = pq.read_table(path)
    one = ids(tables, "creators")[3]
    mask = pc.equal(rows.column("creator_id"), one)
    more = pc.if_else(mask, pc.add(rows.column("followers"), 5), rows.column("followers"))
    place = rows.column_names.index("followers")
    pq.write_table(rows.set_column(place, "followers", more), path)

    publish(tables, as_of=when)

    n = len(ids(tables, "creators"))
    assert f"{n} computed and 0 as before" in first
    assert f"1 computed and {n - 1} as before" in capsys.readouterr().err
    assert content() == anew(own_home, tables, when)


def content() -> bytes:
    """Return the bytes of the store that is published."""
    path = current()
    assert path is not None
    return (path / DATA).read_bytes()


def anew(home: Path, tables: Path, as_of: int | None = None) -> bytes:
    """Return the bytes of a store published where nothing was before."""
    shutil.rmtree(home / "online")
    publish(tables, as_of=as_of)
    return content()


def test_parts_give_the_same_store(
    own_home: Path, tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Partitioned on the way or before, a bad row among them: the same bytes and the same count."""
    _lose_a_post(tables)
    assert publish(tables) == 1
    expected = content()
    parted = tmp_path / "parted"
    partition(tables, parted, 3)
    shutil.rmtree(own_home / "online")

    assert publish(parted) == 1
    assert content() == expected
    shutil.rmtree(own_home / "online")
    monkeypatch.setattr(given_tables, "AT_ONCE", 0)
    monkeypatch.setattr(given_tables, "PART_BYTES", 1_000_000)
    assert publish(tables) == 1
    assert content() == expected
    # What is there already is not made again, but still told of.
    assert publish(tables) == 1
    assert sorted(path.name for path in (own_home / "online").iterdir()) == sorted(
        ["CURRENT", path.name] if (path := current()) else []
    )


def _lose_a_post(tables: Path) -> None:
    """Add the post of a creator who is not there."""
    path = tables / "posts.parquet"
    rows = pq.read_table(path)
    place = rows.column_names.index("creator_id")
    key = rows.column_names.index("post_id")
    lost = rows.slice(0, 1).set_column(place, "creator_id", [["nobody"]])
    pq.write_table(pa.concat_tables([rows, lost.set_column(key, "post_id", [["lost"]])]), path)


@pytest.mark.parametrize("last", ["00001.json", "rename"])
def test_a_killed_publication_goes_on(own_home: Path, world: Path, whole: bytes, last: str) -> None:
    """Whatever a kill -9 interrupts, what was published stays, and the next run does the rest."""
    publish(world, as_of=instant(MARCH))
    before = current()
    command = [sys.executable, "-c", KILLED, str(world), last]
    killed = subprocess.run(command, check=False, timeout=300, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert current() == before
    found = published()
    assert found is not None
    assert len(found.get(found.ids()).places) == found.meta.creators
    del found

    publish(world)

    assert content() == whole


def test_a_full_disk_leaves_the_store_before(own_home: Path, world: Path) -> None:
    """Where a file cannot grow the command ends in words; what was published serves on."""
    publish(world, as_of=instant(MARCH))
    before = current()

    def confine() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2**18, resource.RLIM_INFINITY))

    command = [sys.executable, "-m", "cli", "publish", "--tables", str(world)]
    done = subprocess.run(
        command, preexec_fn=confine, capture_output=True, text=True, check=False, timeout=300
    )

    assert done.returncode == 1, done.stderr
    assert "no space left" in done.stderr
    assert "the same command goes on" in done.stderr
    assert current() == before
    publish(world)
    after = published()
    assert after is not None
    assert len(after.get(after.ids()).places) == len(ids(world, "creators"))
