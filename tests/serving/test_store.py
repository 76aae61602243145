"""The published store: what it holds to the last bit, how it is switched, what is refused."""

import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import lmdb
import msgspec
import numpy as np
import pytest

from features.catalogue import BASE
from features.computing import Spine, fit_columns, matrix
from features.drivers import Asked
from features.reader import read
from features.summary import data_summary
from features.tables import Briefs
from features.tiers import tiers
from models.champions import NoChampionError
from serving.batch import score
from serving.contract import DataUsed
from serving.entries import Meta, pack_meta, unpack_meta
from serving.group import data_used
from serving.publish import publish
from serving.store import DATA, META, Store, StoreError, current, online, published
from tests.serving.jobs import home_like, ids, pairs_file, scores

MARCH = 1_772_323_200_000_000
READ = """
from serving.store import published
store = published()
print(len(store.get(store.ids()).places), store.meta.creators)
"""


@pytest.fixture
def store(at_home: Path) -> Store:
    """Return the store that is published."""
    found = published()
    assert found is not None
    return found


@pytest.fixture
def own_home(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point this process at a copy of the trained state folder."""
    copy = home_like(home, tmp_path / "home")
    monkeypatch.setenv("CREDENCE_HOME", str(copy))
    return copy


def test_stored_features_are_those_of_the_batch(store: Store, world: Path) -> None:
    """Stored states and fit give X for every creator and a brief, bit for bit."""
    tables = read(world)
    creators = np.arange(len(tables.creators.ids))
    brief = np.full(len(creators), len(tables.briefs.ids) // 2)
    fee = np.linspace(10.0, 5000.0, len(creators))
    kind = np.zeros(len(creators))
    asked = Spine.of(creators, store.as_of, brief=brief, compensation=kind, fee=fee)
    expected = matrix(tables, asked)

    found = store.get(tables.creators.ids)

    states = found.entries.states
    fit = fit_columns(
        states, creators, store.briefs, brief, compensation=kind, fee=fee, as_of=store.as_of
    )
    assert found.places == creators.tolist()
    np.testing.assert_array_equal(states.base, expected[:, : len(BASE)])
    np.testing.assert_array_equal(fit, expected[:, len(BASE) :])


def test_stored_words_give_the_same_matrix(store: Store, world: Path) -> None:
    """X straight from what is stored is X of the states, for any brief, offer and order."""
    tables = read(world)
    rng = np.random.default_rng(1)
    for brief in (-1, 0, len(tables.briefs.ids) - 1):
        rows = rng.permutation(len(tables.creators.ids))[:40]
        entries = store.get([tables.creators.ids[row] for row in rows]).entries
        kind, fee = rng.choice([np.nan, 0.0, 2.0], 40), rng.choice([np.nan, 300.0], 40)
        where = np.full(40, brief)
        asked = Spine.of(rows, store.as_of, brief=where, compensation=kind, fee=fee)
        offer = Asked(np.arange(40), store.brief_rows, where, kind, fee, asked.as_of)

        np.testing.assert_array_equal(entries.matrix(offer), matrix(tables, asked))


def test_stored_audience_scores_are_those_of_the_batch(
    store: Store, world: Path, tmp_path: Path
) -> None:
    """Risk, share and interval in the store are what `credence score` writes, bit for bit."""
    creators = ids(world, "creators")[:50]
    file = pairs_file(tmp_path / "pairs.csv", [(one,) for one in creators], ("creator_id",))
    score(world, file, tmp_path / "out", as_of=store.as_of)
    expected = scores(tmp_path / "out")

    found = store.get(creators).entries

    audience = found.followers
    np.testing.assert_array_equal(audience.risk, expected["fake_risk"].to_numpy())
    np.testing.assert_array_equal(audience.share, expected["fake_share"].to_numpy())
    np.testing.assert_array_equal(audience.low, expected["fake_share_low"].to_numpy())
    np.testing.assert_array_equal(audience.high, expected["fake_share_high"].to_numpy())
    assert audience.level == expected["level"].to_pylist()
    assert found.peers.tier == expected["tier"].to_pylist()


def test_stored_summaries_and_peers_are_those_of_the_tables(store: Store, world: Path) -> None:
    """What scores rest on, platform and tier are stored as they are computed."""
    tables = read(world)
    creators = np.arange(len(tables.creators.ids))
    expected = data_summary(tables, Spine.of(creators, store.as_of))

    found = store.get(tables.creators.ids).entries

    told = [data_used(expected, row) for row in range(len(creators))]
    assert [msgspec.json.decode(one, type=DataUsed) for one in found.data] == told
    assert found.missing == expected.missing
    assert found.peers.platform == tables.creators.platform.tolist()
    assert found.peers.tier == tiers(found.states.followers)


def test_stored_briefs_are_those_of_the_tables(store: Store, world: Path) -> None:
    """Briefs, with what their brands add, come back to the last bit."""
    expected = read(world).briefs

    for field in fields(Briefs):
        np.testing.assert_array_equal(
            getattr(store.briefs, field.name), getattr(expected, field.name)
        )


def test_creators_come_in_the_order_asked(store: Store) -> None:
    """Unknown ids are left out, known ones keep the order asked, also one asked for twice."""
    first, second = store.ids(2)

    found = store.get([second, "nobody", first, second])

    assert found.places == [0, 2, 3]
    base = found.entries.states.base
    np.testing.assert_array_equal(base[0], base[2])
    np.testing.assert_array_equal(base[1], store.get([first]).entries.states.base[0])


def test_nobody_is_found_among_none(store: Store) -> None:
    """Ids that are all unknown, or none at all, give no creators."""
    assert store.get(["nobody"]).places == []
    assert len(store.get([]).entries.states) == 0


def test_the_store_names_what_it_was_made_of(store: Store, world: Path) -> None:
    """Its moment is just after the tables' latest observation; versions and creators are named."""
    tables = read(world)

    assert store.as_of == tables.latest + 1
    assert store.ids() == tables.creators.ids
    assert store.meta.creators == len(tables.creators.ids)
    assert set(store.versions) == {"fake_accounts", "fake_followers", "conversion"}
    assert set(store.digests) == {"fake_followers", "conversion"}
    assert store.meta.hashes == tables.hashes


def test_a_process_opens_a_store_once(store: Store) -> None:
    """Opened again it is the same store, which LMDB could not open twice."""
    assert Store.open(store.path) is store
    assert Store.open(store.path / ".." / store.path.name) is store


def test_processes_read_at_once(store: Store, home: Path) -> None:
    """Another process reads every creator while this one has the store open."""
    done = subprocess.run(
        [sys.executable, "-c", READ], capture_output=True, text=True, timeout=300, check=True
    )

    assert done.stdout.split() == [str(store.meta.creators)] * 2


def test_publishing_the_same_again_changes_nothing(own_home: Path, world: Path) -> None:
    """Equal tables, moment, models and code are the store that is there."""
    publish(world)
    before = current()
    assert before is not None
    written = (before / DATA).stat().st_mtime_ns

    assert publish(world) == 0

    assert current() == before
    assert (before / DATA).stat().st_mtime_ns == written


def test_publishing_switches_and_keeps_the_one_before(own_home: Path, world: Path) -> None:
    """Another moment is another store; the one before stays, older ones go unless they are read."""
    oldest = published()
    assert oldest is not None
    publish(world, as_of=MARCH)
    middle = current()
    publish(world, as_of=MARCH + 1)
    newest = current()
    assert middle is not None
    assert newest is not None

    assert oldest.path.exists()
    assert len(oldest.get(oldest.ids()).places) == oldest.meta.creators
    path = oldest.path
    del oldest
    publish(world, as_of=MARCH + 2)

    assert not path.exists()
    assert not middle.exists()
    assert newest.exists()
    found = published()
    assert found is not None
    assert found.as_of == MARCH + 2


def test_a_later_row_is_not_published(own_home: Path, world: Path) -> None:
    """At an earlier moment less is known."""
    later = published()
    publish(world, as_of=MARCH)

    earlier = published()

    assert earlier is not None
    assert later is not None
    asked = later.ids()
    told = [store.get(asked).entries.data for store in (earlier, later)]
    seen = [max(msgspec.json.decode(one)["last_snapshot_at"] for one in data) for data in told]
    assert seen[0] < "2026-03-01" < seen[1]


def test_a_store_of_other_features_is_refused(own_home: Path) -> None:
    """A store whose catalogue or layout is another one names the remedy."""
    path = current()
    assert path is not None
    changes: list[dict[str, object]] = [{"catalogue_hash": "0" * 64}, {"format": 99}]
    for change in changes:
        _rewrite_meta(path, change)
        with pytest.raises(StoreError, match="credence publish"):
            Store.open(path)


def _rewrite_meta(path: Path, change: dict[str, object]) -> None:
    with (
        lmdb.open(str(path), lock=False) as database,
        database.begin(write=True) as transaction,
    ):
        packed = transaction.get(META)
        assert packed is not None
        meta: Meta = unpack_meta(packed)
        transaction.put(META, pack_meta(msgspec.structs.replace(meta, **change)))


def test_a_store_that_is_no_store_is_refused(own_home: Path) -> None:
    """An empty database, a file that is none and one that is cut off are refused."""
    good = current()
    assert good is not None
    empty, damaged, short = online() / "empty", online() / "damaged", online() / "short"
    for path in (empty, damaged, short):
        path.mkdir()
    lmdb.open(str(empty), lock=False).close()
    (damaged / DATA).write_bytes(b"x" * 9000)
    (short / DATA).write_bytes((good / DATA).read_bytes()[:-8192])

    for path in (empty, damaged, short):
        with pytest.raises(StoreError, match="credence publish"):
            Store.open(path)


def test_nothing_is_published_at_first(empty_home: Path) -> None:
    """Without a publication there is no store."""
    assert current() is None
    assert published() is None


def test_an_audience_model_is_needed(empty_home: Path, world: Path) -> None:
    """Without a champion the remedy is named and nothing is published."""
    with pytest.raises(NoChampionError, match="credence train fake-followers"):
        publish(world)

    assert published() is None
