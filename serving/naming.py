"""What a worker is told of the champions: by the server's file, or once and for all."""

import logging
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from models.champions import Pin, pins
from serving import champion_file, logs
from serving.champion_file import UnusableFileError, last_good

PINS = "CREDENCE_CHAMPIONS"
"""Environment variable: the champions that a server started with, as JSON."""

_log = logging.getLogger("credence")


class Naming:
    """The champions as they are named by now.

    Parameters
    ----------
    pins : mapping of str to Pin
        The champions until a file names others.
    path : Path, optional
        The file that is followed.
    """

    def __init__(self, pins: Mapping[str, Pin], path: Path | None = None) -> None:
        self.pins = pins
        self.refused: tuple[str, ...] = ()
        self.unheard = False
        self._path = path
        self._complaint = ""

    @classmethod
    def of_server(cls) -> "Naming":
        """Return what the server that this process works for names, else what the home does."""
        path, given = champion_file.of_server(), os.environ.get(PINS)
        if given:
            return cls(msgspec.json.decode(given, type=dict[str, Pin]), path)
        return cls({} if path else pins() or last_good(), path)

    def look(self) -> None:
        """Take note of what the file says by now; one that says nothing changes nothing."""
        if self._path is None:
            return
        complaint = ""
        try:
            named = champion_file.read(self._path)
        except UnusableFileError as error:
            complaint = str(error)
        else:
            self.pins, self.refused = named.pins, tuple(named.refused)
        unheard = bool(complaint) or champion_file.is_stale(self._path)
        if complaint and complaint != self._complaint:
            _log.error("%s", complaint, extra=logs.event("champions_unreadable"))
        self._complaint = complaint
        if unheard != self.unheard:
            said = "champions_stale" if unheard else "champions_confirmed"
            _log.warning(
                "the registry is %s", "silent" if unheard else "heard", extra=logs.event(said)
            )
        self.unheard = unheard
