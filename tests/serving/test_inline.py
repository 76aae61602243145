"""Creators that bring their history, several in one request."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from features.packed import PACKED
from features.schema import TABLES
from serving.rows import History
from tests.serving.asking import history, ids, offered
from tests.serving.client import Client

BO = {"creator_id": "bo", "platform": "tiktok"}
LOST = {"post_id": "p", "observed_at": "2026-01-01T00:00:00Z", "likes": 3}
POST = {"post_id": "q", "creator_id": "bo", "posted_at": "2026-01-01T00:00:00Z"}


def test_rows_are_packed_as_the_schemas_say() -> None:
    """The types that decode have the tables and columns of the reader, in its order."""
    tables = {field.name: field.type for field in msgspec.structs.fields(History)}

    assert tuple(tables) == PACKED
    for name, kind in tables.items():
        row = msgspec.inspect.type_info(kind)
        assert isinstance(row, msgspec.inspect.VarTupleType)
        assert isinstance(row.item_type, msgspec.inspect.StructType)
        assert row.item_type.cls.__struct_fields__ == TABLES[name].names


def test_creators_of_one_request_are_each_alone(client: Client, world: Path) -> None:
    """With a clean history or one that is not, whoever stands beside, twice under one id too."""
    brief_id = ids(world, "briefs", "brief_id")[3]
    asked: list[dict[str, Any]] = [
        offered(one, history=history(world, one))
        for one in ids(world, "creators", "creator_id")[:40:4]
    ]
    again = dict(asked[1]["history"])
    again["posts"] = [*again["posts"], again["posts"][0]]
    again["snapshots"] = again["snapshots"][::-1]
    asked.insert(4, offered(asked[1]["creator_id"], history=again))
    asked.insert(
        6, offered("bo", history={"creators": [BO], "posts": [POST], "post_metrics": [LOST]})
    )
    asked.insert(0, offered("bo", history={"creators": [BO]}))

    together = client.score(asked, brief_id=brief_id, reasons=3)["scores"]

    alone = [client.score([one], brief_id=brief_id, reasons=3)["scores"][0] for one in asked]
    assert together == alone
    assert [one["data"]["set_aside"] for one in together].count(1) == 1


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-08:00"])
def test_a_moment_outside_of_the_calendar_is_set_aside(client: Client, time: str) -> None:
    """It lies in the years 1 to 9999 where it was written, and not in UTC."""
    rows = {"creators": [BO], "posts": [POST | {"posted_at": time}]}

    answer = client("POST", "/v1/score", {"creators": [{"creator_id": "bo", "history": rows}]})

    assert answer.status_code == 200
    assert answer.json()["scores"][0]["data"]["set_aside"] == 1


def test_a_history_at_another_moment_changes_nothing_for_stored_creators(
    client: Client, world: Path
) -> None:
    """What is kept of a brief, for one creator or for two, holds at the store's moment alone."""
    brief_id = ids(world, "briefs", "brief_id")[5]
    stored = [offered(one) for one in ids(world, "creators", "creator_id")[:8]]
    brought = {"creator_id": "bo", "history": {"creators": [BO]}}

    client.score([brought], brief_id=brief_id, as_of="2020-01-01T00:00:00Z")

    for one in stored:
        alone = client.score([one], brief_id=brief_id)["scores"][0]
        assert [alone, alone] == client.score([one, one], brief_id=brief_id)["scores"]
