"""Whether a bundle is a model that gives its known answers, found out in a process of its own.

LightGBM ends the process that hands it a damaged text, and a text may also send it round for ever.
Hashes say that a bundle is the one that was registered, not that it is any good: so a version is
first loaded where nobody waits for an answer, once a machine.
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from models.champions import Pin
from models.fetch import local
from models.layout import BundleError
from serving.apart import command, environment, said
from serving.orphans import end_with
from serving.proofs import is_proven, remember

if TYPE_CHECKING:
    from models.answers import Fitted
    from models.served import Served

SECONDS = 120.0
"""How long models may take to prove themselves; kernels of a fresh machine are compiled first."""


class Verdict(msgspec.Struct, frozen=True):
    """What the process found: `why` a bundle is no good, empty where it is."""

    digest: str
    why: str = ""


class Prover:
    """Loads bundles in processes apart, one of which may wait for what is to be loaded."""

    def __init__(self) -> None:
        self._begun: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        """Have a process at hand; to start one takes seconds of a processor."""
        if self._begun is None or self._begun.poll() is not None:
            self.end()
            self._begun = subprocess.Popen(
                command("serving.proving"),
                env=environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # Parts of foreign memory, where LightGBM reads a damaged text.
                stderr=subprocess.DEVNULL,
            )

    def end(self) -> None:
        """End the process that nothing was asked of."""
        if self._begun is not None:
            self._begun.kill()
            self._begun.communicate()
            self._begun = None

    def refusals(self, pins: Mapping[str, Pin]) -> dict[str, str]:
        """Return why versions must not serve, nothing of those that proved themselves.

        Parameters
        ----------
        pins : mapping of str to Pin
            Versions by model, whose bundles are on this machine.

        Returns
        -------
        dict of str to str
            By model, for a log.
        """
        left = {name: pin for name, pin in pins.items() if not is_proven(pin.digest)}
        found: dict[str, str] = {}
        while left:
            told, end = self.told(list(left.items()))
            judged = [name for name, pin in left.items() if pin.digest in told]
            for name in judged:
                digest = left.pop(name).digest
                if told[digest]:
                    found[name] = told[digest]
                else:
                    remember(digest)
            if left:
                # They are loaded in turn: the first that is left is what the process died of.
                name = next(iter(left))
                del left[name]
                found[name] = end
        return found

    def told(self, asked: Sequence[tuple[str, Pin]]) -> tuple[dict[str, str], str]:
        """Return what one process finds of bundles, and what became of it.

        Parameters
        ----------
        asked : sequence of str and Pin
            Loaded in turn, until one ends the process.

        Returns
        -------
        dict of str to str
            By digest, why a bundle is no good, "" where it is.
        str
            What happened to those that follow.
        """
        self.begin()
        process, self._begun = self._begun, None
        assert process is not None
        lines = [f"{name} {pin.version} {pin.digest}\n" for name, pin in asked]
        try:
            output, _ = process.communicate("".join(lines).encode(), SECONDS)
            end = "ended the process that loaded it"
        except subprocess.TimeoutExpired:
            process.kill()
            output, _ = process.communicate()
            end = f"did not prove itself within {SECONDS:.0f} s"
        found = (said(line, Verdict) for line in output.splitlines())
        return {one.digest: one.why for one in found if one is not None}, end


def prove(name: str, version: int, digest: str) -> Verdict:
    """Load a bundle as a worker does and ask for all it can be asked for.

    Parameters
    ----------
    name, version, digest : str, int, str
        Of the bundle.
    """
    import numpy as np

    from models.bundle import read, to_model

    try:
        model = to_model(read(local(name, version), digest), str(version))
    except (BundleError, RuntimeError) as error:
        return Verdict(digest, str(error))
    for served in _served(model):
        # Reasons walk the trees in another way than scores.
        served.contributions(np.full((1, len(served.columns)), np.nan))
    return Verdict(digest)


def _served(model: "Fitted") -> "Iterator[Served]":
    """Yield every score that a model is made of, those of its upstream models included."""
    from models.conversion import Conversion
    from models.fake_followers import FakeFollowers

    yield model.served
    if isinstance(model, FakeFollowers):
        yield from _served(model.accounts)
    if isinstance(model, Conversion):
        yield from _served(model.followers)


def _main() -> None:
    """Judge the bundles that standard input names, in their order."""
    end_with(int(sys.argv[1]))
    # What any of them needs, while they are perhaps fetched.
    import models.answers

    assert models.answers
    for line in sys.stdin:
        name, version, digest = line.split()
        verdict = prove(name, int(version), digest)
        sys.stdout.buffer.write(b"\n" + msgspec.json.encode(verdict) + b"\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _main()
