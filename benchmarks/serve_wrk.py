"""Whether our driver is light enough: its rate on the quickest server beside that of wrk."""

import re
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.serve_bodies import Bodies
from benchmarks.serve_driver import drive
from benchmarks.serve_fleet import BARE, fleet
from benchmarks.serve_home import Home
from benchmarks.serve_measure import Case
from benchmarks.serve_scenarios import BUSY
from benchmarks.serve_servers import Cores
from benchmarks.turns import spread

_SCRIPT = """
local asked, turn = {{}}, 0
{bodies}
init = function()
  local headers = {{["Content-Type"] = "application/json"}}
  for i, body in ipairs(asked) do asked[i] = wrk.format("POST", "/v1/score", headers, body) end
end
request = function()
  turn = turn % #asked + 1
  return asked[turn]
end
"""


def against_wrk(state: Home, cores: Cores, rounds: int, seconds: float) -> None:
    """Print the driver's rate and wrk's on the bare app, in turns."""
    wrk = shutil.which("wrk")
    if wrk is None:
        print("wrk is not installed: nothing to compare the driver with")
        return
    bodies = Bodies(state.about()).stored()
    with (
        tempfile.TemporaryDirectory() as scratch,
        fleet(state, (BARE,), cores, Path(scratch)) as all_,
    ):
        server = all_[BARE]
        script = Path(scratch) / "rotate.lua"
        lines = "\n".join(f"asked[#asked + 1] = [==[{body.decode()}]==]" for body in bodies)
        script.write_text(_SCRIPT.format(bodies=lines), encoding="utf-8")
        host, port = server.address
        command = [wrk, "-t1", f"-c{BUSY}", f"-d{max(1, round(seconds))}s", f"-s{script}"]
        mine, theirs = [], []
        for _ in range(rounds):
            mine.append(_ours(Case(server, bodies, BUSY), seconds))
            theirs.append(_theirs([*command, f"http://{host}:{port}"]))
    for what, place in (("requests a second", 0), ("processor's time a request", 1)):
        told = spread([one[place] for one in mine], [one[place] for one in theirs])
        print(f"  {what} on the bare app, c={BUSY}, driver's / wrk's: {told}")
    used = statistics.median(one[1] for one in mine) * 1e6
    print(f"  the driver uses {used:.0f} us of its own core a request")


def _ours(case: Case, seconds: float) -> tuple[float, float]:
    """Return the driver's rate, and its processor's seconds a request."""
    requests, before = case.server.requests(case.bodies), time.process_time()
    load = drive(case.server.address, requests, case.connections, seconds=seconds)
    return load.rate, (time.process_time() - before) / len(load.latencies)


def _theirs(command: list[str]) -> tuple[float, float]:
    """Return the same of wrk."""
    before = _children()
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    count = re.search(r"(\d+) requests in", said)
    if rate is None or count is None or "Non-2xx" in said:
        raise SystemExit(f"wrk did not measure: {said}")
    return float(rate[1]), (_children() - before) / int(count[1])


def _children() -> float:
    """Return the processor's seconds of children that have ended."""
    found = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found.ru_utime + found.ru_stime
