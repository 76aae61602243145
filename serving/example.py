"""The request that `credence serve --example` prints with its answer once workers are ready."""

import http.client
import json
import threading
import time
from collections.abc import Mapping

from serving.specimens import CREATOR

READY_SECONDS = 120.0


def show_when_ready(address: str, port: int) -> None:
    """Print a request to try and its answer as soon as the server is ready; returns at once.

    Parameters
    ----------
    address : str
        Where the server listens.
    port : int
        Likewise.
    """
    threading.Thread(target=show, args=(address, port), name="example", daemon=True).start()


def show(address: str, port: int) -> None:
    """Wait until the server is ready, then print a request and its answer.

    Parameters
    ----------
    address : str
        Where the server listens.
    port : int
        Likewise.
    """
    if not _ready(address, port):
        return
    body = json.dumps(_request())
    where = f"http://{f'[{address}]' if ':' in address else address}:{port}/v1/score"
    answer = _asked(address, port, "POST", "/v1/score", body)
    print(
        f"\ncurl -s {where} -H 'Content-Type: application/json' -d '{body}'\n\n"
        f"{json.dumps(answer, indent=2)}\n",
        flush=True,
    )


def _ready(address: str, port: int) -> bool:
    """Return whether the server became ready in time."""
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        try:
            if _asked(address, port, "GET", "/readyz")["status"] == "ready":
                return True
        except OSError:
            pass
        time.sleep(0.2)
    return False


def _request() -> Mapping[str, object]:
    """Return a request for stored creators and a stored brief, else for a history."""
    from serving.store import Store, current

    path = current()
    if path is None:
        return {"creators": [CREATOR]}
    store = Store.open(path)
    known = store.briefs.known.tolist()
    # The newest: of an old one the date to publish has passed.
    brief = {"brief_id": store.briefs.ids[known.index(max(known))]} if known else {}
    return {**brief, "reasons": 3, "creators": [{"creator_id": store.ids(1)[0]}]}


def _asked(
    address: str, port: int, method: str, path: str, body: str | None = None
) -> Mapping[str, object]:
    """Return the JSON that the server answers."""
    connection = http.client.HTTPConnection(address, port, timeout=30)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        answer: Mapping[str, object] = json.loads(connection.getresponse().read())
        return answer
    finally:
        connection.close()
