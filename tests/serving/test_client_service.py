"""The typed client and the page that shows it, against the running server."""

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import uvicorn

from serving.client import Client
from serving.client_answers import Scores
from serving.client_errors import KeyRefusedError, NotFoundError, RequestError
from serving.contract import CreatorAsked, CreatorScore, CreatorUnknown
from serving.rows import AccountRow, BriefRow, CreatorRow, History, SnapshotRow
from serving.specimens import BODIES
from tests.commands import REPOSITORY
from tests.serving.asking import history, ids
from tests.serving.keyed import Keyed, add
from tests.serving.test_service import Server, end, start

# With the other servers, so that they do not slow each other down.
pytestmark = pytest.mark.xdist_group("server")


@pytest.fixture(scope="module")
def server(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a server at the trained home."""
    running = start(home, tmp_path_factory.mktemp("log"))
    yield running
    end(running)


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    """Return a client of it."""
    with Client(server.url) as one:
        yield one


CALLS: dict[str, Callable[[Client, str], msgspec.Struct]] = {
    "/v1/features": lambda one, _: one.features(),
    "/v1/models": lambda one, _: one.models(),
    "/readyz": lambda one, _: one.ready(),
    "/v1/creators/{id}": lambda one, id_: one.creator(id_),
}


@pytest.mark.parametrize("path", CALLS)
def test_an_answer_is_kept_whole(client: Client, server: Server, world: Path, path: str) -> None:
    """A decoded answer encodes to what was sent: the types lack no field and lose no digit."""
    id_ = ids(world, "creators", "creator_id")[0]
    sent = httpx.get(server.url + path.replace("{id}", id_)).json()

    assert timeless(msgspec.json.encode(CALLS[path](client, id_))) == timeless(json.dumps(sent))


def timeless(text: str | bytes) -> dict[str, Any]:
    """Return an answer but for the age that the clock gives it."""
    answer: dict[str, Any] = json.loads(text)
    return {name: value for name, value in answer.items() if name != "features_age_s"}


def test_scores_are_kept_whole(client: Client, server: Server, world: Path) -> None:
    """So are scores of stored, brought and unknown creators, with reasons, for a brief."""
    creators, brief_id = ids(world, "creators", "creator_id"), ids(world, "briefs", "brief_id")[0]
    rows = {"creator_id": creators[3], "history": history(world, creators[3])}
    asked: list[dict[str, Any]] = [
        {"creator_id": creators[0], "compensation": "monetary", "fee": 12.5},
        {"creator_id": "nobody"},
    ]
    terms = {"brief_id": brief_id, "reasons": 3}
    # With histories only, so that the moment may be given.
    at: dict[str, Any] = {"as_of": "2026-03-01T00:00:00Z", **terms}
    for body in ({"creators": asked, **terms}, {"creators": [rows], **at}):
        sent = httpx.post(f"{server.url}/v1/score", json=body, timeout=60).json()
        given = msgspec.convert(body["creators"], list[CreatorAsked], strict=False)
        as_of = datetime(2026, 3, 1, tzinfo=UTC) if "as_of" in body else None

        answer = client.score(given, as_of=as_of, brief_id=brief_id, reasons=3)

        assert timeless(msgspec.json.encode(answer)) == timeless(json.dumps(sent))
        kinds = [CreatorUnknown if "error" in one else CreatorScore for one in sent["scores"]]
        assert [type(entry) for entry in answer.scores] == kinds


def test_an_audit_is_kept_whole(client: Client, server: Server) -> None:
    """So is an audit, with a probability an account and without."""
    body = BODIES["audit"]
    sent = httpx.post(f"{server.url}/v1/audit", json=body).json()
    accounts = msgspec.convert(body["followers"], list[AccountRow])

    assert timeless(msgspec.json.encode(client.audit(accounts, probabilities=True))) == sent
    assert client.audit(accounts).probabilities is None


def test_any_number_of_creators_keeps_its_order(client: Client, world: Path) -> None:
    """More creators than a request takes come back in order, by requests of at most 500."""
    known = ids(world, "creators", "creator_id")
    asked = [known[i % len(known)] if i % 3 else f"nobody-{i}" for i in range(1_203)]

    answers = list(client.score_many(asked))

    assert [len(answer.scores) for answer in answers] == [500, 500, 203]
    entries = [entry for answer in answers for entry in answer.scores]
    assert [entry.creator_id for entry in entries] == asked
    assert [isinstance(entry, CreatorUnknown) for entry in entries] == [
        i % 3 == 0 for i in range(len(asked))
    ]


def test_many_with_long_histories_are_split_by_rows(client: Client) -> None:
    """Histories with more rows together than a request takes are spread over several."""
    asked = [long_history(name, 8_000) for name in ("ana", "ben", "cleo")]

    answers = list(client.score_many(asked))

    assert [[entry.creator_id for entry in answer.scores] for answer in answers] == [
        ["ana", "ben"], ["cleo"],
    ]  # fmt: skip
    with pytest.raises(RequestError, match="20000"):
        client.score(asked)


def long_history(name: str, rows: int) -> CreatorAsked:
    """Return a creator with so many snapshots."""
    began = datetime(2025, 1, 1, tzinfo=UTC)
    times = [began + timedelta(hours=hour) for hour in range(rows)]
    snapshots = tuple(SnapshotRow(name, time, 40_000) for time in times)
    return CreatorAsked(name, History((CreatorRow(name, "instagram"),), snapshots))


def test_no_creators_ask_nothing(client: Client) -> None:
    """Of no creators there is no answer, and none is asked for."""
    assert list(client.score_many([])) == []


def test_a_rejected_request_says_where(client: Client) -> None:
    """What breaks the contract is told by pointer and rule; an unknown brief is not found."""
    with pytest.raises(RequestError) as caught:
        client.score([CreatorAsked("ana", fee=-1)])
    with pytest.raises(NotFoundError) as missing:
        client.score(["ana"], brief_id="none")

    assert [one.pointer for one in caught.value.problem.errors or ()] == ["/creators/0/fee"]
    assert caught.value.request_id
    assert missing.value.status == 404


def test_a_brief_can_be_brought(client: Client) -> None:
    """Structs of the contract go in as they come out."""
    made = datetime(2026, 1, 2, tzinfo=UTC)
    brief = BriefRow("spring", "shop", made, conversion_goal=50)

    answer = client.score([long_history("ana", 2)], brief=brief)

    (entry,) = answer.scores
    assert isinstance(entry, CreatorScore)
    assert entry.conversion is not None


def test_the_page_runs(server: Server, world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every block of Python in docs/http.md runs, in order, against a server."""
    page = (REPOSITORY / "docs" / "http.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    namespace: dict[str, object] = {
        "url": server.url,
        "key": None,
        "creator_ids": ids(world, "creators", "creator_id"),
        "brief_id": ids(world, "briefs", "brief_id")[0],
    }

    for block in blocks:
        exec(compile(block, "docs/http.md", "exec"), namespace)  # noqa: S102 - our own page

    assert len(blocks) >= 2
    said = capsys.readouterr().out
    assert "not found" in said
    assert re.search(r"\b0\.\d", said)
    assert isinstance(namespace["answer"], Scores)


@contextmanager
def listening(app: Any) -> Iterator[str]:
    """Serve an app of this process on a loopback port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, lifespan="off", ws="none", log_config=None)
        running = uvicorn.Server(config)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        running.should_exit = True
        thread.join()


def test_a_key_opens_its_scopes(tmp_path: Path) -> None:
    """With keys, a client needs one of the right scope, and readiness none."""
    _, text = add(tmp_path / "keys.json", "read")
    with (
        listening(Keyed(tmp_path / "keys.json").app) as url,
        Client(url, text) as good,
        Client(url) as nobody,
    ):
        assert good.models().models == []
        assert nobody.ready().status == "not ready"
        for call in (nobody.models, lambda: good.score(["ana"])):
            with pytest.raises(KeyRefusedError):
                call()
