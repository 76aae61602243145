"""What /v1/score answers with trained models and a published store, against the batch path."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features.computing import Spine
from features.reader import read
from features.tables import Tables
from serving.pinned import pinned
from serving.scoring import Scored, scored
from tests.serving.asking import history, ids, offered, row
from tests.serving.client import NOW, Client

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def tables(world: Path) -> Tables:
    """Return the tables that the store was published from."""
    return read(world)


def batch(tables: Tables, creator_ids: list[str], brief_id: str, as_of: int) -> Scored:
    """Return what the batch job computes for these creators and the brief."""
    creators = np.array([tables.creators.index[one] for one in creator_ids])
    spine = Spine.of(
        creators,
        as_of,
        brief=np.full(len(creators), tables.briefs.index[brief_id]),
        compensation=np.zeros(len(creators)),
        fee=np.full(len(creators), 250.0),
    )
    return scored(tables, spine, pinned(["fake_followers", "conversion"]).champions)


def numbers(expected: Scored) -> list[list[float | int | str]]:
    """Return the numbers of a batch, one list a creator."""
    followers, conversion = expected.followers, expected.conversion
    assert conversion is not None
    columns = [
        followers.risk.tolist(),
        followers.share.tolist(),
        followers.low.tolist(),
        followers.high.tolist(),
        followers.n_sampled.tolist(),
        followers.level,
        conversion.probability.tolist(),
        conversion.low.tolist(),
        conversion.high.tolist(),
        conversion.expected.tolist(),
        conversion.expected_low.tolist(),
        conversion.expected_high.tolist(),
        expected.peers.tier,
    ]
    return [list(one) for one in zip(*columns, strict=True)]


def answered(answer: Mapping[str, Any]) -> list[list[float | int | str]]:
    """Return the same numbers of an answer."""
    names = ("risk", "share", "share_low", "share_high", "n_sampled", "level")
    others = ("probability", "low", "high", "expected", "expected_low", "expected_high")
    return [
        [
            *(score["fake_followers"][name] for name in names),
            *(score["conversion"][name] for name in others),
            score["tier"],
        ]
        for score in answer["scores"]
    ]


def test_stored_creators_get_the_numbers_of_the_batch(
    client: Client, tables: Tables, world: Path
) -> None:
    """Every stored creator, asked for by id, gets the batch job's numbers to the last bit."""
    brief_id = ids(world, "briefs", "brief_id")[7]
    creators = ids(world, "creators", "creator_id")

    answer = client.score([offered(one) for one in creators], brief_id=brief_id)

    as_of = (datetime.fromisoformat(answer["as_of"]) - EPOCH) // timedelta(microseconds=1)
    assert len(creators) >= 200
    assert answered(answer) == numbers(batch(tables, creators, brief_id, as_of))


def test_histories_get_the_numbers_of_the_store(client: Client, world: Path) -> None:
    """A creator that brings its history, and a brief that brings its row, score as stored."""
    brief = row(world, "briefs", "brief_id", ids(world, "briefs", "brief_id")[11])
    brand = row(world, "brands", "brand_id", brief["brand_id"])
    creators = ids(world, "creators", "creator_id")[::12]
    stored = client.score(
        [offered(one) for one in creators], brief_id=brief["brief_id"], reasons=20
    )

    context = {"brief": brief, "brand": brand, "as_of": stored["as_of"], "reasons": 20}
    brought = [
        client.score([offered(one, history=history(world, one))], **context) for one in creators
    ]

    assert stored["scores"] == [answer["scores"][0] for answer in brought]
    assert all(stored["models"] == answer["models"] for answer in brought)


def test_order_and_unknown_creators(client: Client, world: Path) -> None:
    """Entries stand in the order asked; an unknown creator is a problem in its place."""
    first, second = ids(world, "creators", "creator_id")[:2]

    answer = client.score([offered(one) for one in (second, "nobody", first, second)])

    assert [one["creator_id"] for one in answer["scores"]] == [second, "nobody", first, second]
    assert answer["scores"][1]["error"]["status"] == 404
    assert answer["scores"][0] == answer["scores"][3]
    assert answer["scores"][0]["conversion"] is None


def test_moment_of_stored_creators_is_the_published_one(client: Client, world: Path) -> None:
    """Stored creators may name the published as_of, and no other."""
    one = {"creator_id": ids(world, "creators", "creator_id")[0]}
    published = client.score([one])["as_of"]
    other = {"creators": [one], "as_of": "2020-01-01T00:00:00Z"}

    refused = client("POST", "/v1/score", other)

    assert client.score([one], as_of=published)["as_of"] == published
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/as_of"


def test_moment_of_histories_is_now(client: Client, world: Path) -> None:
    """With histories only the default moment is now, and any other may be named."""
    creator_id = ids(world, "creators", "creator_id")[0]
    one = {"creator_id": creator_id, "history": history(world, creator_id)}

    answer = client.score([one])

    assert datetime.fromisoformat(answer["as_of"]) == NOW
    assert answer["features_age_s"] is None
    assert client.score([one], as_of="2020-01-01T00:00:00+02:00")["as_of"] == "2019-12-31T22:00:00Z"


def test_unknown_brief_is_not_found(client: Client, world: Path) -> None:
    """A brief that is not published is a 404."""
    creator = {"creator_id": ids(world, "creators", "creator_id")[0]}

    answer = client("POST", "/v1/score", {"creators": [creator], "brief_id": "nothing"})

    assert answer.status_code == 404


def test_bad_rows_of_a_history_are_set_aside(client: Client) -> None:
    """A row that refers to nothing is counted; a creator whose own rows conflict is a 422."""
    bo = {"creator_id": "bo", "platform": "tiktok"}
    lost = {"post_id": "p", "observed_at": "2026-01-01T00:00:00Z", "likes": 3}
    post = {"post_id": "q", "creator_id": "bo", "posted_at": "2026-01-01T00:00:00Z"}
    rows = {"creators": [bo], "posts": [post], "post_metrics": [lost]}

    answer = client.score([{"creator_id": "bo", "history": rows}])
    conflict = {"creators": [bo, bo | {"platform": "x"}]}
    refused = client("POST", "/v1/score", {"creators": [{"creator_id": "bo", "history": conflict}]})

    assert answer["scores"][0]["data"]["set_aside"] == 1
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/creators/0/history/creators"


def test_empty_history_is_scored_by_the_prior(client: Client) -> None:
    """A creator of whom only the platform is known gets a score that says so."""
    creator = {"creator_id": "bo", "platform": "x"}

    answer = client.score([{"creator_id": "bo", "history": {"creators": [creator]}}], reasons=3)

    score = answer["scores"][0]
    assert score["tier"] is None
    assert score["fake_followers"]["n_sampled"] == 0
    assert 0 <= score["fake_followers"]["risk"] <= 1
    assert score["data"]["last_snapshot_at"] is None
    assert score["data"]["missing"]
