"""What `credence serve` checks and prepares, and the service that its workers load."""

import asyncio
import gc
import json
import os
import socket
from pathlib import Path

import httpx
import pytest

from features.errors import InputError
from models.champions import NoChampionError
from serving import launch, naming
from serving.http import Message, Scope


@pytest.fixture(autouse=True)
def same_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Undo what a launch writes into the environment of this process."""
    monkeypatch.setattr(os, "environ", os.environ.copy())


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.com", ""])  # noqa: S104
def test_only_loopback_is_bound(host: str) -> None:
    """A server without keys refuses every other host, and says why."""
    with pytest.raises(launch.NotLoopbackError, match="without keys"):
        launch.serve(host)


def test_taken_port_is_refused() -> None:
    """A port in use is refused before anything is loaded."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        with pytest.raises(InputError, match="choose another port"):
            launch.serve(port=taken.getsockname()[1])


def test_champions_are_resolved_before_the_workers_start(at_home: Path) -> None:
    """Versions and digests of the champions, and absolute folders, are handed to the workers."""
    launch.prepare(3000, Path("log"))

    pinned = json.loads(os.environ[naming.PINS])
    assert set(pinned) == {"fake_accounts", "fake_followers", "conversion"}
    assert Path(os.environ["CREDENCE_HOME"]) == at_home.resolve()
    assert Path(os.environ["CREDENCE_LOG"]).is_absolute()
    assert os.environ["BENTOML_DO_NOT_TRACK"] == "True"


def test_without_champions_nothing_is_prepared(empty_home: Path) -> None:
    """Without any champion there is nothing to serve, and the message names the remedy."""
    with pytest.raises(NoChampionError, match="credence train"):
        launch.prepare(3000, None)


# What BentoML imports is older than what it imports it from.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_worker_owns_every_path(
    at_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The app that BentoML's worker gets answers by itself, from its start to its end."""
    monkeypatch.setenv("BENTOML_HOME", str(tmp_path))
    from serving.service import service

    async def run() -> list[httpx.Response]:
        worker = service.to_asgi()
        events: asyncio.Queue[Message] = asyncio.Queue()
        sent: asyncio.Queue[Message] = asyncio.Queue()
        lifespan: Scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
        life = asyncio.create_task(worker(lifespan, events.get, sent.put))
        await events.put({"type": "lifespan.startup"})
        assert (await sent.get())["type"] == "lifespan.startup.complete"
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(worker), base_url="http://localhost"
        ) as client:
            answers = [await client.get(path) for path in ("/readyz", "/schema.json", "/healthz")]
        await events.put({"type": "lifespan.shutdown"})
        await life
        return answers

    try:
        answers = asyncio.run(run())
    finally:
        gc.unfreeze()

    assert [answer.status_code for answer in answers] == [200, 404, 404]
    assert answers[0].json()["status"] == "ready"
