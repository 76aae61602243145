"""Keys on a running server with two workers."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.commands import credence
from tests.serving.keyed import bearing
from tests.serving.test_service import Server, end, start

SECONDS = 5.0
"""Within which a change acts on every worker."""
WORKERS = 2

# With the other servers, so that they do not slow each other down.
pytestmark = pytest.mark.xdist_group("server")


class Keyed(Server):
    """A running server, with the home of its own whose keys it follows."""

    @property
    def home(self) -> Path:
        """Its state folder."""
        return self.log.parent / "home"

    def key(self, *arguments: str) -> tuple[str, str]:
        """Return id and text of a new key."""
        text = credence("keys", "create", *arguments, home=self.home).stdout.strip()
        return text.split("_")[1], text

    def statuses(self, text: str, count: int) -> list[int]:
        """Return what so many requests get, each on a connection of its own."""
        with httpx.Client(
            base_url=self.url,
            headers=bearing(text),
            limits=httpx.Limits(max_keepalive_connections=0),
        ) as client:
            return [client.get("/v1/features").status_code for _ in range(count)]

    def seconds_until(self, text: str, status: int) -> float:
        """Return after how long every worker answers so, for some time on end."""
        began = turned = time.monotonic()
        while time.monotonic() < turned + 1.5:
            # Two workers on one socket: so many connections reach both.
            if set(self.statuses(text, 10)) != {status}:
                turned = time.monotonic()
            assert turned < began + 4 * SECONDS, "the workers never agree"
        return turned - began


@pytest.fixture(scope="module")
def server(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyed]:
    """Return a server with two workers that was started with a key."""
    folder = tmp_path_factory.mktemp("keyed")
    shutil.copytree(home, folder / "home", symlinks=True)
    (folder / "home" / "keys.json").unlink(missing_ok=True)
    credence("keys", "create", home=folder / "home")
    running = Keyed(*start(folder / "home", folder / "log", "--workers", str(WORKERS)))
    yield running
    said = end(running)
    assert "is asked for" in said
    assert "cred_" not in said


def test_keys_act_on_all_workers(server: Keyed) -> None:
    """A new key is taken, and a revoked one refused, by every worker within five seconds."""
    id_, text = server.key("--scope", "read", "--per-minute", "1000000")

    assert server.seconds_until(text, 200) < SECONDS
    credence("keys", "revoke", id_, home=server.home)
    assert server.seconds_until(text, 401) < SECONDS


def test_a_quota_is_that_of_the_server(server: Keyed) -> None:
    """All workers together answer a key's burst, and no request more in less than a minute."""
    burst = 20
    _, text = server.key("--scope", "read", "--per-minute", "1", "--burst", str(burst))
    began = time.monotonic()
    statuses: list[int] = []
    while statuses.count(429) < 20 and len(statuses) < 2_000:
        statuses += server.statuses(text, 1)
    earned = int((time.monotonic() - began) // 60)

    assert burst <= statuses.count(200) <= burst + earned
    assert set(statuses) <= {200, 401, 429}


def test_a_body_unread_is_answered(server: Keyed) -> None:
    """A large body without a key is a 401 that arrives, and the connection lives on."""
    with httpx.Client(base_url=server.url) as client:
        answer = client.post("/v1/score", content=b" " * 2**20)
        again = client.get("/livez")

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert again.status_code == 200


def test_each_server_has_buckets_of_its_own(server: Keyed) -> None:
    """The buckets lie in the server's own folder, for its owner only."""
    shared = server.home / "serving" / str(server.port) / "quotas"

    assert shared.stat().st_mode & 0o777 == 0o600
    assert shared.stat().st_uid == os.geteuid()
