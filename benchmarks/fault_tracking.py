"""A tracking server that tells champions, or whatever else a file tells it to do.

`python -m benchmarks.fault_tracking PORT MODE CHAMPIONS`: MODE is a file with one of `sound`,
`stopped`, `slow`, `html` and `nonsense`, CHAMPIONS one with versions and digests as JSON.
"""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

SLOW_SECONDS = 30.0
LOOK_SECONDS = 0.05
PREFIX = "/api/2.0/mlflow/"
_HTML = b"<!doctype html><title>Sign in</title><p>Please sign in."


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    mode: Path
    champions: Path

    def do_GET(self) -> None:
        """Answer as the file of the mode says."""
        mode = self.mode.read_text(encoding="utf-8")
        if mode == "stopped":
            # A connection of before, which ends with the server.
            self.close_connection = True
            return
        if mode == "slow":
            time.sleep(SLOW_SECONDS)
        if mode == "html":
            self._send(200, "text/html", _HTML)
        elif mode == "nonsense":
            self._send(200, "application/json", b'{"registered_model": [7], "model_version": 7}')
        else:
            status, body = self._told()
            self._send(status, "application/json", json.dumps(body).encode())

    do_POST = do_GET  # noqa: N815 (the library's name)

    def _told(self) -> tuple[int, object]:
        """Return what MLflow's REST API says of a model or of its champion."""
        url = urlsplit(self.path)
        name = parse_qs(url.query).get("name", [""])[0]
        pin = json.loads(self.champions.read_text(encoding="utf-8")).get(name)
        if pin is None or not url.path.startswith(PREFIX):
            return 404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "there is none"}
        version = str(pin["version"])
        if url.path == f"{PREFIX}registered-models/get":
            alias = {"alias": "champion", "version": version}
            return 200, {"registered_model": {"name": name, "aliases": [alias]}}
        tags = [{"key": "digest", "value": pin["digest"]}]
        told = {"name": name, "version": version, "run_id": "r", "status": "READY", "tags": tags}
        return 200, {"model_version": told}

    def _send(self, status: int, media: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that did not wait."""


def main() -> None:
    port, _Handler.mode, _Handler.champions = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    while True:
        with _Server(("127.0.0.1", port), _Handler) as server:
            threading.Thread(target=server.serve_forever, args=(LOOK_SECONDS,), daemon=True).start()
            while _Handler.mode.read_text(encoding="utf-8") != "stopped":
                time.sleep(LOOK_SECONDS)
            server.shutdown()
        while _Handler.mode.read_text(encoding="utf-8") == "stopped":
            time.sleep(LOOK_SECONDS)


if __name__ == "__main__":
    main()
