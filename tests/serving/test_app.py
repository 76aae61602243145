"""What the app answers beside scores, and what it answers from."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from features.catalogue import BASE, CATALOGUE, catalogue_hash
from serving import openapi
from tests.commands import credence
from tests.serving.asking import ids, offered, row
from tests.serving.client import Client

ACCOUNT = {"followers": 3, "following": 900, "posts": 0, "bio_length": 0}


def test_audit_has_the_numbers_of_the_model(client: Client) -> None:
    """An audit gives the account model's share, and probabilities where they are asked for."""
    body = {"followers": [ACCOUNT, ACCOUNT | {"posts": 40, "followers": 800.0}]}

    plain = client("POST", "/v1/audit", body).json()
    full = client("POST", "/v1/audit", body | {"probabilities": True}).json()

    model = client.state.now.models.champions.fake_accounts
    assert model is not None
    values = np.full((2, 9), np.nan)
    values[:, :3] = [[3, 900, 0], [800, 900, 40]]
    values[:, 8] = 0
    expected = model.audience(values)
    assert plain == {
        "n": 2,
        "share": expected.share,
        "share_low": expected.share_low,
        "share_high": expected.share_high,
        "level": "insufficient_data",
        "version": model.version,
        "frame": None,
        "caution": None,
    }
    assert full == plain | {"probabilities": expected.probabilities.tolist()}


def test_audit_says_that_a_sample_is_not_random(client: Client) -> None:
    """The frame of an audit's rows is in the answer, with a caution where it is not random."""
    for said, frame in (("recent", "recent"), ("random", "random"), (None, "mixed")):
        rows = [ACCOUNT | {"frame": said}, ACCOUNT | {"frame": said or "engaged"}]

        answer = client("POST", "/v1/audit", {"followers": rows}).json()

        assert answer["frame"] == frame
        assert (answer["caution"] is None) == (frame == "random")


def test_creator_shows_its_stored_features(client: Client, world: Path) -> None:
    """A stored creator's features come with units, percentiles and peers; others are a 404."""
    creator_id = ids(world, "creators", "creator_id")[0]

    answer = client("GET", f"/v1/creators/{creator_id}").json()

    assert [feature["name"] for feature in answer["features"]] == [one.name for one in BASE]
    assert (
        answer["peers"]["platform"] == row(world, "creators", "creator_id", creator_id)["platform"]
    )
    percentiles = [one["percentile"] for one in answer["features"] if one["percentile"] is not None]
    assert percentiles
    assert all(0 <= percentile <= 100 for percentile in percentiles)
    assert client("GET", "/v1/creators/nobody").status_code == 404
    for strange in ("a%2Fb", "%C3%A9", "x" * 600, "%ED%A0%80"):
        assert client("GET", f"/v1/creators/{strange}").status_code == 404


@pytest.mark.parametrize("as_of", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_moment_off_the_calendar_breaks_the_contract(client: Client, as_of: str) -> None:
    """A moment that UTC cannot write is a 422 at /as_of."""
    history = {"creators": [{"creator_id": "q", "platform": "x"}]}

    answer = client(
        "POST", "/v1/score", {"as_of": as_of, "creators": [{"creator_id": "q", "history": history}]}
    )

    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/as_of"]


def test_catalogue_and_models_are_told(client: Client) -> None:
    """The catalogue lists every feature; the models their versions, metrics with n, and a card."""
    catalogue = client("GET", "/v1/features").json()
    models = client("GET", "/v1/models").json()
    ready = client("GET", "/readyz")

    assert catalogue["catalogue_hash"] == catalogue_hash()
    assert len(catalogue["features"]) == len(CATALOGUE)
    assert {one["name"] for one in models["models"]} == set(ready.json()["models"])
    assert all(one["metrics"] for one in models["models"])
    assert all(f"# Model card: `{one['name']}`" in one["card"] for one in models["models"])
    assert all("## What it must not be used for" in one["card"] for one in models["models"])
    assert ready.status_code == 200
    assert ready.json()["status"] == "ready"


def test_answers_keep_the_contract(client: Client, world: Path) -> None:
    """What is answered is what the OpenAPI document says."""
    document = json.loads(openapi.document())
    creator_id = ids(world, "creators", "creator_id")[0]
    brief_id = ids(world, "briefs", "brief_id")[0]
    asked = {"creators": [offered(creator_id), offered("nobody")], "brief_id": brief_id}
    answers = {
        "ScoreAnswer": client("POST", "/v1/score", asked | {"reasons": 3}),
        "AuditAnswer": client("POST", "/v1/audit", {"followers": [ACCOUNT], "probabilities": True}),
        "CreatorAnswer": client("GET", f"/v1/creators/{creator_id}"),
        "FeaturesAnswer": client("GET", "/v1/features"),
        "ModelsAnswer": client("GET", "/v1/models"),
        "Readiness": client("GET", "/readyz"),
        "ProblemBody": client("GET", "/nothing"),
    }

    for name, answer in answers.items():
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        Draft202012Validator(schema).validate(answer.json())


def test_versions_are_told_in_a_header(client: Client, world: Path) -> None:
    """X-Credence-Models names the versions of the answer's `models`."""
    creator = {"creator_id": ids(world, "creators", "creator_id")[0]}

    answer = client("POST", "/v1/score", {"creators": [creator]})

    told = ", ".join(
        f"{name}={version}" for name, version in sorted(answer.json()["models"].items())
    )
    assert answer.headers["x-credence-models"] == told


def test_newly_published_store_is_taken_over(
    home: Path, world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another store is taken over as a whole; one that cannot be opened leaves the last one."""
    copy = tmp_path / "home"
    shutil.copytree(home, copy, symlinks=True)
    monkeypatch.setenv("CREDENCE_HOME", str(copy))
    client = Client()
    one = {"creator_id": ids(world, "creators", "creator_id")[0]}
    before = client.score([one])

    earlier = "2026-01-01T00:00:00Z"
    credence("publish", "--tables", str(world), "--as-of", earlier, home=copy)
    untouched = client.score([one])
    client.state.refresh()
    after = client.score([one])
    (copy / "online" / "CURRENT").write_text("nothing")
    client.state.refresh()

    assert untouched == before
    assert after["as_of"] == earlier
    assert after["scores"] != before["scores"]
    assert client.score([one]) == after
    assert client("GET", "/readyz").json()["stale"] is True


def test_damaged_champion_is_refused(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A champion with a damaged file answers nothing; the others serve, and /readyz names it."""
    copy = tmp_path / "home"
    shutil.copytree(home, copy, symlinks=True, ignore=shutil.ignore_patterns("online"))
    numbers_file = next((copy / "bundles" / "conversion").glob("*/numbers.json"))
    numbers_file.write_bytes(numbers_file.read_bytes().replace(b"1", b"2", 1))
    monkeypatch.setenv("CREDENCE_HOME", str(copy))

    ready = Client()("GET", "/readyz")

    assert ready.status_code == 503
    assert ready.json()["refused"] == ["conversion"]
    assert "fake_followers" in ready.json()["models"]
