"""`credence serve` asked for more than it can answer: what it still answers, and how it refuses.

One worker on one core, the client on another. Requests of 100 creators are offered at three times
what the server can do, small ones at 1.3 times; clients with half a body hold connections; a client
that asks for everything shares the server with one that asks for little. Bounds are asserted: the
command ends with 1 where one is missed.
"""

import argparse
import socket
import statistics
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import serve_home
from benchmarks.open_loop import Offered, offer
from benchmarks.serve_bodies import Bodies
from benchmarks.serve_driver import Address, drive
from benchmarks.serve_fleet import CREDENCE
from benchmarks.serve_home import Home
from benchmarks.serve_servers import Cores, Server, started
from features.home import home
from serving import key_file
from serving.keys import made
from serving.scopes import MOST_PER_MINUTE, SCOPES

HUNDRED, CLOSED = 100, 16
HALF_OPEN = 200
SETTLING = 10.0
"""Seconds before anything is measured."""
REFUSALS = (b"429", b"503")


class Bounds:
    """What was asserted so far."""

    def __init__(self) -> None:
        self.missed: list[str] = []

    def expect(self, told: str, *, held: bool) -> None:
        """Print a figure beside its bound."""
        print(f"  {'ok    ' if held else 'MISSED'}  {told}", flush=True)
        if not held:
            self.missed.append(told)


def hundred(server: Server, bodies: Bodies, seconds: float, bounds: Bounds) -> None:
    """Offer requests of 100 creators at three times saturation."""
    many = server.requests(bodies.stored(HUNDRED))
    most = drive(server.address, many, CLOSED, seconds=min(seconds, 5.0)).rate
    quiet = offer(server.address, many, most / 2, 5.0).seen[b"200"].quantile(0.99)
    print(f"100 creators: {most:,.0f} a second, p99 at half of it {quiet:.1f} ms")
    found = offer(server.address, many, 3 * most, seconds)
    # The 5 seconds that it has.
    offer(server.address, many, most / 2, 5.0)
    after = offer(server.address, many, most / 2, 5.0)
    _told(found)
    _refused_well(found, bounds)
    share = found.rate() / most
    bounds.expect(f"goodput {share:.2f} of saturation (at least .85)", held=share >= 0.85)
    late = after.seen[b"200"].quantile(0.99) / quiet
    clean = set(after.seen) == {b"200"} and not after.lost
    bounds.expect(
        f"p99 5 s later: {late:.2f} of that before (at most 1.5)",
        held=clean and late <= 1.5,
    )


def small(server: Server, bodies: Bodies, seconds: float, bounds: Bounds) -> None:
    """Offer requests of one creator at 1.3 times saturation."""
    one = server.requests(bodies.stored())
    most = drive(server.address, one, CLOSED, seconds=min(seconds, 5.0)).rate
    print(f"one creator: {most:,.0f} a second")
    found = offer(server.address, one, 1.3 * most, seconds / 3, connections=1_536)
    _told(found)
    bad = set(found.seen) - {b"200", *REFUSALS}
    share = found.rate() / most
    bounds.expect(
        f"goodput {share:.2f} of saturation (at least .60), of {found.sent:,} sent {found.late:,}"
        f" more found no connection; {found.lost} lost, strange: {sorted(bad)}",
        held=share >= 0.60 and not bad and not found.lost,
    )


def half_open(server: Server, bodies: Bodies, seconds: float, bounds: Bounds) -> None:
    """Let 200 clients send half a body, and others ask as ever."""
    one = server.requests(bodies.stored())
    without, beside = [], []
    for _ in range(3):
        without.append(drive(server.address, one, 8, seconds=seconds / 6).quantile(0.99) / 1e6)
        with _holding(server.address, one[0][:-10]):
            beside.append(drive(server.address, one, 8, seconds=seconds / 3).quantile(0.99) / 1e6)
    ratio = statistics.median(beside) / statistics.median(without)
    bounds.expect(
        f"p99 beside {HALF_OPEN} half-open bodies: {ratio:.2f} of that without (at most 1.5),"
        f" {statistics.median(beside):.2f} ms",
        held=ratio <= 1.5,
    )


@contextmanager
def _holding(address: Address, part: bytes) -> Iterator[None]:
    """Hold connections with a part of a request, each made anew when the server ends it."""
    stop, open_ = threading.Event(), list[socket.socket]()

    def hold() -> None:
        while not stop.is_set():
            while len(open_) < HALF_OPEN:
                open_.append(socket.create_connection(address))
                open_[-1].sendall(part)
                open_[-1].setblocking(False)
            for one in list(open_):
                if _was_ended(one):
                    one.close()
                    open_.remove(one)
            stop.wait(0.2)

    keeper = threading.Thread(target=hold)
    keeper.start()
    try:
        yield
    finally:
        stop.set()
        keeper.join()
        for one in open_:
            one.close()


def _was_ended(one: socket.socket) -> bool:
    try:
        one.recv(4096)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def beside_another(
    server: Server, key: str, bodies: Bodies, seconds: float, bounds: Bounds
) -> None:
    """Ask for little with one key while another one's requests are three times too many."""
    many, few = server.requests(bodies.stored(HUNDRED)), bodies.stored()
    most = drive(server.address, many, CLOSED, seconds=min(seconds, 3.0)).rate
    other = Server(server.name, server.process, server.address, (_bearer(key),), server.log)
    found: list[Offered] = []
    heavy = threading.Thread(
        target=lambda: found.append(offer(server.address, many, 3 * most, seconds / 3))
    )
    heavy.start()
    light = offer(server.address, other.requests(few), 20.0, seconds / 3, connections=16)
    heavy.join()
    good, refused = (
        light.rate(),
        sum(len(found[0].seen[s].took) for s in REFUSALS if s in found[0].seen),
    )
    bounds.expect(
        f"beside one that is refused {refused:,} times: {good:.1f} of 20 a second answered,"
        f" p99 {light.seen[b'200'].quantile(0.99):.1f} ms (all, and none refused)",
        held=refused > 0 and set(light.seen) == {b"200"} and not light.lost,
    )


def _told(found: Offered) -> None:
    for status, one in sorted(found.seen.items()):
        told = f"p50 {one.quantile(0.5):8.2f} ms   p99 {one.quantile(0.99):8.2f} ms"
        print(f"  {status.decode()}  {found.rate(status):10,.0f} a second   {told}")


def _refused_well(found: Offered, bounds: Bounds) -> None:
    """Expect every refusal to be a 429 or 503 that says when to come again, and soon."""
    strange = sorted(set(found.seen) - {b"200", *REFUSALS})
    bounds.expect(
        f"no other status than 200, 429, 503: {strange}; {found.lost} without an answer,"
        f" {found.late:,} not sent, n {found.sent:,}",
        held=not strange and not found.lost,
    )
    refusals = [found.seen[status] for status in REFUSALS if status in found.seen]
    n, told = sum(len(one.took) for one in refusals), sum(one.retry_after for one in refusals)
    bounds.expect(f"Retry-After in {told:,} of {n:,} refusals", held=0 < told == n)
    slowest = max((one.quantile(0.99) for one in refusals), default=0.0)
    ratio = slowest / found.seen[b"200"].quantile(0.5)
    bounds.expect(
        f"p99 of a refusal {ratio:.2f} of the p50 of what is accepted (at most .5)",
        held=ratio <= 0.5,
    )


def _bearer(key: str) -> str:
    return f"Authorization: Bearer {key}"


def _with_two_keys(state: Home, folder: Path) -> tuple[Path, str, str]:
    """Return a home of the server's own, and the texts of two keys."""
    keyed, first = state.keyed(folder)
    most = MOST_PER_MINUTE
    key, second = made(datetime.now(UTC), scopes=SCOPES, per_minute=most, burst=most)
    with key_file.changing(keyed / key_file.NAME) as held:
        held.append(key)
    return keyed, first, second


def main(words: Sequence[str] | None = None) -> int:
    """Run every fault; return 1 where a bound was missed."""
    options = argparse.ArgumentParser(prog="benchmarks.fault_overload")
    options.add_argument("--seconds", type=float, default=60.0, help="of the overload")
    given = options.parse_args(words)
    state, bounds = serve_home.trained(home().resolve() / "bench-serve"), Bounds()
    cores = Cores.of_this_machine()
    bodies = Bodies(state.about())
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        folder, first, second = _with_two_keys(state, Path(scratch) / "home")
        server = stack.enter_context(
            started(
                "credence",
                [sys.executable, *CREDENCE],
                log=Path(scratch) / "log",
                cores=cores,
                environment={"CREDENCE_HOME": str(folder)},
                headers=(_bearer(first),),
            )
        )
        server.wait(bodies.stored()[0])
        # A server that has just started looks up and proves its champions beside its first answers.
        settled = server.requests(bodies.stored(HUNDRED))
        drive(server.address, settled, 1, seconds=SETTLING, status=(b"200", *REFUSALS))
        hundred(server, bodies, given.seconds, bounds)
        small(server, bodies, given.seconds, bounds)
        half_open(server, bodies, given.seconds / 2, bounds)
        beside_another(server, second, bodies, given.seconds, bounds)
    return 1 if bounds.missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
