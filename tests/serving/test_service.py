"""`credence serve` as a process: workers, sockets, signals."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pyarrow.parquet as pq
import pytest

from serving import example
from serving.client import Client
from tests.commands import REPOSITORY, credence
from tests.fuzz.asked import ask
from tests.serving.asking import ids

READY_SECONDS = 240.0  # kernels may be compiled first

# One server for all of them, also where tests run in several processes.
pytestmark = pytest.mark.xdist_group("server")


class Server(NamedTuple):
    """A running server, and the folder of its prediction log."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(home: Path, log: Path, *arguments: str) -> Server:
    """Start `credence serve` and wait until it is ready."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", "serve", "--port", str(port), "--log", str(log), *arguments],
        cwd=REPOSITORY,
        env={**os.environ, "CREDENCE_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    server = Server(port, process, log)
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"{server.url}/readyz", timeout=5).status_code == 200:
                return server
        except httpx.TransportError:
            time.sleep(0.1)
    # Told, not killed: a parent that is killed leaves its workers, who hold what is read here.
    raise AssertionError(f"not ready: {end(server)}")


def end(server: Server) -> str:
    """End a server by its own pid, and return what it printed."""
    server.process.send_signal(signal.SIGTERM)
    try:
        return server.process.communicate(timeout=60)[0].decode()
    finally:
        server.process.kill()


@pytest.fixture(scope="module")
def server(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a server with two workers at the trained home."""
    running = start(home, tmp_path_factory.mktemp("log"), "--workers", "2")
    yield running
    end(running)


def test_every_path_is_ours(server: Server) -> None:
    """BentoML's own paths are gone or answered by the app."""
    with httpx.Client(base_url=server.url) as client:
        statuses = {
            path: client.get(path).status_code
            for path in ("/livez", "/readyz", "/metrics", "/openapi.json", "/", "/docs.json")
        }
        health = client.get("/healthz")

    assert list(statuses.values()) == [200, 200, 200, 200, 404, 404]
    assert health.headers["content-type"] == "application/problem+json"


def test_workers_answer_alike(server: Server, world: Path) -> None:
    """Whichever worker answers, the numbers are the same."""
    creators = [{"creator_id": one} for one in ids(world, "creators", "creator_id")[:20]]
    body = {"creators": creators, "brief_id": ids(world, "briefs", "brief_id")[0], "reasons": 2}

    # A new connection each time, so that both workers come to answer.
    answers = [httpx.post(f"{server.url}/v1/score", json=body).json()["scores"] for _ in range(12)]

    assert all(answer == answers[0] for answer in answers)


def test_service_and_batch_job_agree(
    server: Server, home: Path, world: Path, tmp_path: Path
) -> None:
    """The running service and `credence score` give every creator the same numbers, bit for bit."""
    creators = ids(world, "creators", "creator_id")
    brief_id = ids(world, "briefs", "brief_id")[3]
    asked = [{"creator_id": one, "compensation": "product", "fee": 12.5} for one in creators]
    body = {"brief_id": brief_id, "creators": asked, "reasons": 2}
    answer = httpx.post(f"{server.url}/v1/score", json=body, timeout=60).json()
    lines = [f"{one},{brief_id},{answer['as_of']},product,12.5" for one in creators]
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("\n".join(["creator_id,brief_id,as_of,compensation,fee", *lines]))

    out = tmp_path / "out"
    tables = ("--tables", str(world), "--pairs", str(pairs))
    credence("score", *tables, "--out", str(out), "--reasons", "2", home=home)

    rows = pq.read_table(out / "scores").to_pylist()
    assert len(rows) == len(creators) >= 200
    for row, score in zip(rows, answer["scores"], strict=True):
        assert {name: row[name] for name in COLUMNS} == flat(score)
        assert json.loads(row["reasons"]) == score["reasons"]


COLUMNS = {
    "creator_id": ("creator_id",),
    "tier": ("tier",),
    "fake_risk": ("fake_followers", "risk"),
    "fake_share": ("fake_followers", "share"),
    "fake_share_low": ("fake_followers", "share_low"),
    "fake_share_high": ("fake_followers", "share_high"),
    "level": ("fake_followers", "level"),
    "conversion_probability": ("conversion", "probability"),
    "conversion_low": ("conversion", "low"),
    "conversion_high": ("conversion", "high"),
    "expected_conversions": ("conversion", "expected"),
    "expected_conversions_low": ("conversion", "expected_low"),
    "expected_conversions_high": ("conversion", "expected_high"),
}


def flat(score: dict[str, Any]) -> dict[str, object]:
    """Return an entry of an answer under the names of the batch job's columns."""
    return {
        name: score[path[0]] if len(path) == 1 else score[path[0]][path[1]]
        for name, path in COLUMNS.items()
    }


def test_random_requests_have_documented_answers(server: Server, world: Path) -> None:
    """Schemathesis with all its checks finds nothing; `make fuzz` asks 40 times as much."""
    found = ask(server.url, world, 50, "--generation-deterministic")

    assert found.clean, found.said
    assert found.answered["POST /v1/score"][200] >= 20
    assert min(answers.total() for answers in found.answered.values()) >= 50


def test_example_is_printed_with_its_answer(
    server: Server, at_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--example` prints a request that a shell can run, and what the server answers to it."""
    example.show("127.0.0.1", server.port)

    request, _, answer = capsys.readouterr().out.partition("\n\n")
    assert request.strip().startswith(f"curl -s {server.url}/v1/score")
    assert json.loads(answer)["scores"][0]["conversion"]["probability"] > 0


def test_metrics_sum_all_workers(server: Server) -> None:
    """A count in /metrics is that of all workers together, whoever is asked."""
    for _ in range(20):
        httpx.get(f"{server.url}/v1/models")

    text = httpx.get(f"{server.url}/metrics").text

    line = next(one for one in text.splitlines() if 'requests_total{route="/v1/models"' in one)
    assert float(line.split()[-1]) >= 20


def _malformed(server: Server) -> float:
    """Return how many malformed requests the server has counted."""
    lines = httpx.get(f"{server.url}/metrics").text.splitlines()
    counts = (line for line in lines if 'refused_total{why="malformed"}' in line)
    return float(next(counts).rpartition(" ")[2])


def test_junk_is_a_problem_on_the_wire(server: Server) -> None:
    """What is no HTTP at all is answered by a problem too, and counted."""
    before = _malformed(server)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as junk:
        junk.sendall(b"no request\r\n\r\n")
        answer = b"".join(iter(lambda: junk.recv(4096), b""))

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"\r\ncontent-type: application/problem+json\r\n" in answer
    assert _malformed(server) == before + 1


def test_large_body_is_refused_on_the_wire(server: Server) -> None:
    """A client that sends too much reads a 413, whether it declared the size or not."""
    declared = httpx.post(
        f"{server.url}/v1/score",
        content=b" " * (9 * 2**20),
        headers={"Content-Type": "application/json"},
    )

    assert declared.status_code == 413


def test_half_a_request_does_not_stop_others(server: Server) -> None:
    """A client that stalls in the middle of its body costs the others nothing."""
    stalled = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    stalled.putrequest("POST", "/v1/score")
    stalled.putheader("Content-Type", "application/json")
    stalled.putheader("Content-Length", "1000")
    stalled.endheaders(b'{"creators": [')

    answered = [httpx.get(f"{server.url}/livez").status_code for _ in range(10)]
    stalled.close()

    assert answered == [200] * 10


def workers(server: Server) -> set[int]:
    """Return the processes that answer."""
    parent = server.process.pid
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return {int(pid) for pid in children if b"worker.service" in _command(pid)}


def _command(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_a_worker_that_is_killed_is_replaced(server: Server) -> None:
    """Another one answers in its place, and whoever asks meanwhile by our client loses nothing."""
    before = workers(server)
    os.kill(min(before), signal.SIGKILL)

    until = time.monotonic() + READY_SECONDS
    with Client(server.url) as client:
        while not (workers(server) - before and _gauge(server, "credence_workers") == 2):
            assert client.ready().status == "ready"
            assert time.monotonic() < until

    assert len(workers(server) & before) == 1


def _gauge(server: Server, name: str) -> float:
    lines = httpx.get(f"{server.url}/metrics").text.splitlines()
    return float(next(one for one in lines if one.startswith(f"{name} ")).split()[1])


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "example.com"])  # noqa: S104
def test_other_hosts_than_loopback_are_refused(home: Path, host: str) -> None:
    """Without keys the server binds to this machine only, and says so."""
    done = credence("serve", "--host", host, home=home, expect=2)

    assert "keys" in done.stderr


def test_taken_port_is_said(server: Server, home: Path) -> None:
    """A port in use is a plain sentence."""
    done = credence("serve", "--port", str(server.port), home=home, expect=2)

    assert str(server.port) in done.stderr


def test_without_champions_there_is_nothing_to_serve(empty_home: Path) -> None:
    """A server without any champion does not start, and names the remedy."""
    done = credence("serve", "--port", str(free_port()), home=empty_home, expect=2)

    assert "credence train" in done.stderr


def test_end_frees_the_port_and_keeps_the_predictions(
    home: Path, world: Path, tmp_path: Path
) -> None:
    """SIGTERM ends every process, and the last predictions are in the log by then.

    What it printed from start to end is JSON, line by line.
    """
    server = start(home, tmp_path / "log")
    creators = [{"creator_id": one} for one in ids(world, "creators", "creator_id")[:3]]
    scores = httpx.post(f"{server.url}/v1/score", json={"creators": creators}).json()["scores"]

    log = [json.loads(line) for line in end(server).splitlines()]

    assert [one["event"] for one in log if one["event"].startswith("server_")] == [
        "server_started",
        "server_ended",
    ]
    assert creators[0]["creator_id"] not in json.dumps(log)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", server.port))
    logged = pq.read_table(server.log).to_pylist()
    assert [one["fake_share"] for one in logged] == [
        one["fake_followers"]["share"] for one in scores
    ]
    assert json.dumps(scores).count("history") == 0
