"""What is counted, against counts kept in the open, and the text that Prometheus reads."""

import math
import multiprocessing
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from features.summary import HISTORY
from models.levels import LEVELS
from serving import gauges, metrics
from serving.metrics import Metrics, Off, of_server, share
from serving.problems import TITLES, Problem
from serving.series import PATHS, SCORES, WHY
from serving.tallies import LANES, NAMES
from tests.serving.apart import ask_some
from tests.serving.client import Client
from tests.serving.keyed import Keyed

Series = dict[tuple[str, frozenset[tuple[str, str]]], float]

ANY_PATH = st.sampled_from(PATHS) | st.text(max_size=20)
ANY_STATUS = st.sampled_from([200, 204, 499, *TITLES]) | st.integers(100, 599)
SCORE = st.none() | st.just(math.nan) | st.floats(0, 1) | st.sampled_from(SCORES)
TABLES = st.sampled_from([one for size in range(7) for one in combinations(HISTORY, size)])
VERSIONS = {"fake_followers": "3", "conversion": "12", "fake_accounts": "5a10d378005f"}


def read(text: bytes) -> Series:
    """Return every series that Prometheus' own parser finds."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def value(series: Series, name: str, **labels: str) -> float:
    """Return one series, 0 where it was never counted."""
    return series.get((name, frozenset(labels.items())), 0.0)


@given(st.lists(st.tuples(ANY_PATH, ANY_STATUS), max_size=60))
def test_requests_are_counted_by_route_class_and_reason(asked: list[tuple[str, int]]) -> None:
    """Each request is counted once, whatever its path and status are called."""
    counted = Metrics()

    for path, status in asked:
        counted.ended(path, status, counted.began())

    series = read(counted.text())
    known = [(path if path in PATHS else "none", status) for path, status in asked]
    classes = Counter((path, f"{status // 100}xx") for path, status in known if status in SEEN)
    for (path, name), number in classes.items():
        assert value(series, "credence_requests_total", route=path, status=name) >= number
    total = sum(found for (name, _), found in series.items() if name == "credence_requests_total")
    assert total == len(asked)
    for status, why in WHY.items():
        refused = sum(one == status for _, one in asked)
        assert value(series, "credence_refused_total", why=why) == refused
    for path, number in Counter(path for path, _ in known).items():
        assert value(series, "credence_request_seconds_count", route=path) == number
        assert value(series, "credence_request_seconds_sum", route=path) > 0
    assert value(series, "credence_requests_in_flight") == 0


SEEN = {200, 204, 499, *TITLES}


@given(st.lists(st.tuples(SCORE, SCORE, st.sampled_from(LEVELS), TABLES), max_size=30))
def test_scores_fall_into_their_buckets(
    rows: list[tuple[float, float, str, tuple[str, ...]]],
) -> None:
    """Histograms, abstentions and missing tables are those that numpy and plain counting find."""
    counted = Metrics()
    risks, chances = [row[0] for row in rows], [row[1] for row in rows]
    levels, missing = [row[2] for row in rows], [row[3] for row in rows]

    counted.scored(VERSIONS, risks, levels, chances, missing)

    series = read(counted.text())
    for model, scores in (("fake_followers", risks), ("conversion", chances)):
        known = np.array([one for one in scores if one is not None and not math.isnan(one)])
        for end in SCORES:
            below = value(series, "credence_score_bucket", model=model, le=str(end))
            assert below == (known <= end).sum()
        assert value(series, "credence_score_count", model=model) == len(known)
        assert value(series, "credence_score_sum", model=model) == pytest.approx(known.sum())
        version = VERSIONS[model]
        made = value(series, "credence_predictions_total", model=model, version=version)
        assert made == len(rows)
        abstained = len(rows) - len(known) if model == "conversion" else levels.count(LEVELS[0])
        assert value(series, "credence_abstentions_total", model=model) == abstained
    assert value(series, "credence_creators_total") == len(rows)
    for table in HISTORY:
        lacking = sum(table in one for one in missing)
        assert value(series, "credence_creators_missing_total", table=table) == lacking


def test_models_that_gave_nothing_count_nothing() -> None:
    """Without a model or a brief there is neither a prediction nor an abstention."""
    counted = Metrics()

    counted.scored({}, None, [], None, [()])

    series = read(counted.text())
    assert value(series, "credence_creators_total") == 1
    assert not [name for name, _ in series if name == "credence_predictions_total"]


@given(st.lists(st.integers(0, 40), min_size=1, max_size=200))
def test_versions_are_bounded(versions: list[int]) -> None:
    """However many versions are served in turn, all are counted and few are told apart."""
    counted = Metrics()

    for version in versions:
        counted.predictions({"conversion": f"v{version}"}, {"conversion": 2, "fake_accounts": 0})

    made = {
        labels: number
        for (name, labels), number in read(counted.text()).items()
        if name == "credence_predictions_total"
    }
    assert sum(made.values()) == 2 * len(versions)
    assert len(made) == min(len(set(versions)), NAMES)


@given(
    st.sampled_from(["GET", "POST", "HEAD", "BREW", "get", "\u00e9"]),
    st.text(max_size=30).map(lambda text: f"/{text}"),
    st.text(max_size=30),
)
def test_requests_make_no_series(method: str, path: str, creator: str) -> None:
    """No path, method or id of a stranger is ever a label."""
    with tempfile.TemporaryDirectory() as folder:
        keyed = Keyed(Path(folder) / "keys.json")
    before = {name for name, _ in read(keyed("GET", "/metrics").body)}

    keyed(method, path)
    keyed(method, f"/v1/creators/{creator}")

    series = read(keyed("GET", "/metrics").body)
    assert {name for name, _ in series} <= before | TIMED
    assert {labels["route"] for _, pairs in series if "route" in (labels := dict(pairs))} <= {
        *PATHS
    }


TIMED = {f"credence_request_seconds_{part}" for part in ("bucket", "count", "sum")} | {
    "credence_requests_total"
}


def test_threads_count_beside_each_other() -> None:
    """As many threads as a worker has lose no count, without any lock."""
    counted = Metrics()

    def count(_: int) -> None:
        for _ in range(2_000):
            counted.ended("/livez", 200, counted.began())

    with ThreadPoolExecutor(LANES) as pool:
        list(pool.map(count, range(LANES)))

    series = read(counted.text())
    assert value(series, "credence_requests_total", route="/livez", status="2xx") == 2_000 * LANES


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the tallies of a server with two workers."""
    monkeypatch.delenv(metrics.SWITCH, raising=False)
    monkeypatch.setenv(metrics.TALLIES, "")
    share(tmp_path / "state" / "tallies", 2)
    return tmp_path / "state" / "tallies"


def test_sums_are_those_of_all_workers_and_never_go_back(file: Path) -> None:
    """A worker's counts are in the sums while it runs and when it is dead; its successor adds on.

    What it was at work on when it died is not in flight any more.
    """
    here = of_server()
    here.ended("/livez", 200, here.began())
    spawn = multiprocessing.get_context("spawn")
    seen = []
    for _ in range(2):
        ready, go = spawn.Event(), spawn.Event()
        worker = spawn.Process(target=ask_some, args=(file, 5, 3, ready, go))
        worker.start()
        assert ready.wait(60)
        seen.append(read(here.text()))
        worker.kill()
        worker.join()
        seen.append(read(here.text()))

    asked = [value(one, "credence_requests_total", route="/livez", status="2xx") for one in seen]
    assert asked == [6, 6, 11, 11]
    assert [value(one, "credence_requests_in_flight") for one in seen] == [3, 0, 3, 0]
    assert [value(one, "credence_workers") for one in seen] == [2, 1, 2, 1]
    made = [
        value(one, "credence_predictions_total", model="conversion", version="7") for one in seen
    ]
    assert made == [5, 5, 10, 10]


def test_metrics_can_be_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Switched off nothing is counted, and whoever asks is told so by a problem."""
    monkeypatch.setenv(metrics.SWITCH, "off")

    counted = of_server()
    counted.scored(VERSIONS, [0.5], ["low"], [0.5], [()])
    counted.predictions(VERSIONS, {"conversion": 1})
    counted.refused(400)
    counted.ended("/livez", 200, counted.began())

    assert isinstance(counted, Off)
    with pytest.raises(Problem, match="metrics are off"):
        counted.text()


def test_moment_is_told(client: Client) -> None:
    """Ages, the store's size and what is lacking are gauges of the snapshot."""
    snapshot = client.state.now
    now = datetime(2040, 1, 1, tzinfo=UTC)

    series = read(Metrics().text(gauges.of(snapshot, now)))

    end = datetime.fromisoformat(snapshot.models.bundles["conversion"].manifest.data.end)
    version = snapshot.models.versions["conversion"]
    for role in ("champion", "store"):
        told = {"model": "conversion", "version": version, "serves": role}
        age = value(series, "credence_model_age_seconds", **told)
        assert age == pytest.approx((now - end).total_seconds())
    assert snapshot.store is not None
    as_of = datetime.fromtimestamp(snapshot.store.as_of / 1e6, UTC)
    age = value(series, "credence_store_age_seconds")
    assert age == pytest.approx((now - as_of).total_seconds())
    assert value(series, "credence_store_creators") == snapshot.store.meta.creators
    lacks = {dict(pairs)["reason"]: so for (name, pairs), so in series.items() if name == LACKS}
    assert set(lacks.values()) == {0.0}
    assert len(lacks) == 7


LACKS = "credence_lacks"


def test_every_metric_is_documented(client: Client) -> None:
    """docs/http.md lists every metric by its name."""
    page = (Path(__file__).parents[2] / "docs" / "http.md").read_text()

    client.score([{"creator_id": "nobody"}])
    text = client("GET", "/metrics").text

    names = {family.name for family in text_string_to_metric_families(text)}
    assert [name for name in names if f"`{name}" not in page] == []
    assert len(names) >= 14
