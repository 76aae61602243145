"""A Bento that stands alone: packed, built without a network, and served read-only elsewhere.

The packages of this checkout are out of sight of the server, as are its state and environment. What
it answers must be, to the last bit, what the state folder answers that it was packed from. Exits 1
where it is not. It takes about a minute.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import msgspec

from benchmarks import serve_home
from benchmarks.fault_servers import MissedError, expect, until
from benchmarks.serve_servers import HOST, ROOT, free_port
from features.home import home
from serving import answers, decode, packing
from serving.state import State
from serving.store import published

CREATORS = 200
READY_SECONDS = 60.0
Json = dict[str, Any]

_UNSHARE = ["unshare", "--user", "--map-root-user"]
_BUILD = ["-m", "bentoml", "build", "--output", "tag", "."]
# Sources and state of the builder are hidden, the Bento is read-only.
_ALONE = """
set -e
for name in features models serving training .credence; do
    [ ! -d "$ROOT/$name" ] || mount -t tmpfs -o ro none "$ROOT/$name"
done
mount --bind "$BENTO" "$BENTO"
mount -o remount,bind,ro "$BENTO"
cd "$FOLDER"
exec env -i BENTOML_HOME="$BENTOML_HOME" "$@"
"""


def built(scratch: Path) -> Path:
    """Return a Bento in a place of its own."""
    packing.pack(scratch / "packed")
    environment = {**os.environ, "BENTOML_HOME": str(scratch / "bentoml"), **_SILENT}
    command = [*_UNSHARE, "--net", sys.executable, *_BUILD]
    began = time.monotonic()
    subprocess.run(
        [_found(command[0]), *command[1:]],
        cwd=scratch / "packed",
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    print(f"  built without a network in {time.monotonic() - began:.1f} s")
    (found,) = (scratch / "bentoml" / "bentos" / "credence").glob("*/bento.yaml")
    place = scratch / "elsewhere"
    shutil.move(found.parent, place)
    shutil.rmtree(scratch / "packed")
    size = sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
    print(f"  {size / 2**20:.1f} MiB")
    return place


_SILENT = {"BENTOML_DO_NOT_TRACK": "True"}


def _found(command: str) -> str:
    return shutil.which(command) or command


def served(bento: Path, scratch: Path, folder: Path, words: list[str], asked: Json) -> Json:
    """Return what the Bento answers, started by a command in a folder."""
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "ROOT": str(ROOT),
        "BENTO": str(bento),
        "FOLDER": str(folder),
        "BENTOML_HOME": str(scratch / "written"),
    }
    command = [*_UNSHARE, "--mount", "sh", "-c", _ALONE, "sh", sys.executable, *words]
    log = scratch / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [_found(command[0]), *command[1:], "--port", str(port)],
            env=environment,
            stdout=out,
            stderr=out,
        )
    url = f"http://{HOST}:{port}"

    def ready() -> bool:
        if process.poll() is not None:
            raise MissedError(log.read_text()[-2000:])
        try:
            return bool(_asked(f"{url}/readyz")["status"] == "ready")
        except OSError:
            return False

    try:
        print(f"  ready after {until('it is ready', READY_SECONDS, ready):.1f} s")
        return _asked(f"{url}/v1/score", json.dumps(asked).encode())
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _asked(url: str, body: bytes | None = None) -> Json:
    request = Request(url, body, {"Content-Type": "application/json"})  # noqa: S310 - our own
    with urlopen(request, timeout=30) as reply:  # noqa: S310 - likewise
        answer: Json = json.loads(reply.read())
    answer.pop("features_age_s", None)
    return answer


def main() -> None:
    options = argparse.ArgumentParser(prog="benchmarks.bento_alone")
    add = options.add_argument
    add("--home", type=Path, help="a trained and published state folder; made where none is given")
    given = options.parse_args()
    trained = given.home or serve_home.trained(home().resolve() / "bench-serve").folder
    os.environ["CREDENCE_HOME"] = str(trained)
    store = published()
    assert store is not None
    ids = store.ids(CREATORS)
    asked: Json = {"creators": [{"creator_id": one} for one in ids], "reasons": 3}
    asked["brief_id"] = store.briefs.ids[0]
    body = decode.score_request(json.dumps(asked).encode())
    answer = answers.score(State.load().now, body, datetime.now(UTC)).answer
    expected: Json = json.loads(msgspec.json.encode(answer))
    expected.pop("features_age_s")
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        try:
            print("make bento")
            bento = built(scratch)
            commands = {
                "python -m cli serve": (bento / "src", ["-m", "cli", "serve"]),
                "bentoml serve": (scratch, ["-m", "bentoml", "serve", str(bento), "--host", HOST]),
            }
            for told, (folder, words) in commands.items():
                print(told)
                found = served(bento, scratch, folder, words, asked)
                n = len(found["scores"])
                expect(f"{n} creators answered bit for bit as before", held=found == expected)
        except MissedError as error:
            sys.exit(f"missed: {error}")


if __name__ == "__main__":
    main()
