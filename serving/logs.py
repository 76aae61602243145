"""Logs of the service: one JSON object a line on stderr, written by a thread of its own.

Whoever logs waits for nothing: a line that finds too many before it is dropped, and counted. No
line holds what a request sent. Of an exception it has the type and where it was raised; its message
only where no request was at work.
"""

import atexit
import logging
import os
import queue
import sys
import threading
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import msgspec

LOGGER = "credence"
MOST_WAITING = 1000
"""Lines that wait while stderr cannot be written."""
MOST_BYTES = 4000
"""A line is one write that no other worker's cuts in two: a pipe promises it for 4096 bytes."""
FRAMES = 15
"""Innermost calls of an exception that are shown."""

STOP_SECONDS = 2.0
_encode = msgspec.json.Encoder(enc_hook=str).encode
_log = logging.getLogger(LOGGER)


def event(name: str, **fields: object) -> dict[str, object]:
    """Return what makes a log record an event: pass it as `extra`.

    Parameters
    ----------
    name : str
        What happened, in snake case: other programs go by it.
    **fields
        What there is to know of it, as JSON has it.
    """
    return {"event": name, "fields": fields}


def where(error: BaseException) -> list[str]:
    """Return where an exception was raised, the innermost call last.

    Parameters
    ----------
    error : BaseException
        Its message is not looked at.
    """
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


def line(record: logging.LogRecord) -> bytes:
    """Return a log record as it is written.

    Parameters
    ----------
    record : LogRecord
        From any logger; without an event of its own it has the logger's name.
    """
    told: dict[str, Any] = {
        "ts": datetime.fromtimestamp(record.created, UTC),
        "level": record.levelname.lower(),
        "event": getattr(record, "event", record.name),
        "pid": record.process,
        "message": record.getMessage(),
        **getattr(record, "fields", {}),
    }
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        told |= {"error": type(error).__name__, "at": where(error)}
    written = _encode(told)
    if len(written) >= MOST_BYTES:
        short = {name: told[name] for name in ("ts", "level", "event", "pid")}
        written = _encode(short | {"message": told["message"][:500], "cut": True})
    return written + b"\n"


class Lines(logging.Handler):
    """Writes log records as lines of JSON, from a thread of its own.

    Parameters
    ----------
    descriptor : int
        What to write to.
    most : int
        Lines that may wait; further ones are dropped until some are written.
    """

    def __init__(self, descriptor: int, most: int = MOST_WAITING) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._waiting: queue.Queue[bytes | None] = queue.Queue(most)
        self._dropped = 0
        self._lost = 0
        self._failed = False
        self._writer = threading.Thread(target=self._write_on, name="logs", daemon=True)
        self._writer.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Let a record wait for the writer, if there is room; the handler's lock is held."""
        try:
            if self._dropped:
                self._waiting.put_nowait(line(_dropped(self._dropped)))
                self._dropped = 0
            self._waiting.put_nowait(line(record))
        except queue.Full:
            self._dropped += 1
        except Exception:
            # What cannot be said must not stop who says it.
            self._dropped += 1

    def close(self) -> None:
        """Write what waits, and stop; a reader that takes nothing is not waited for long."""
        try:
            if self._dropped:
                self._waiting.put(line(_dropped(self._dropped)), timeout=STOP_SECONDS)
                self._dropped = 0
            self._waiting.put(None, timeout=STOP_SECONDS)
        except queue.Full:
            return
        self._writer.join(STOP_SECONDS)
        super().close()

    def _write_on(self) -> None:
        while (text := self._waiting.get()) is not None:
            self._put(text)

    def _put(self, text: bytes) -> None:
        """Write a line; after a disk that was full, say first how many are missing."""
        if self._lost and self._write(line(_dropped(self._lost))):
            self._lost = 0
        if self._lost or not self._write(text):
            self._lost += 1

    def _write(self, text: bytes) -> bool:
        """Write a line; return whether all of it was, which it is not without room or a reader."""
        # A line may stand there half: this process's, or another's that shares the file.
        text = b"\n" * self._failed + text
        try:
            while text:
                text = text[os.write(self._descriptor, text) :]
        except OSError:
            # The service goes on.
            self._failed = True
        else:
            self._failed = False
        return not self._failed


def _dropped(count: int) -> logging.LogRecord:
    message = f"{count} lines of this log were dropped: it could not be written in time"
    return _log.makeRecord(
        LOGGER, logging.WARNING, "", 0, message, (), None, extra=event("lines_dropped", lines=count)
    )


def start() -> None:
    """Write everything that this process logs as JSON: the service, its frameworks, warnings.

    Once only; what is logged last is written at exit.
    """
    root = logging.getLogger()
    if any(isinstance(handler, Lines) for handler in root.handlers):
        return
    # BentoML gives loggers handlers of their own, which write text to stdout.
    for name in list(logging.Logger.manager.loggerDict):
        logger = logging.getLogger(name)
        if logger.handlers:
            logger.handlers.clear()
            logger.propagate = True
    lines = Lines(sys.stderr.fileno())
    root.handlers[:] = [lines]
    _log.setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    sys.excepthook = _ended_by
    threading.excepthook = _thread_ended_by
    atexit.register(stop)


def stop() -> None:
    """Write what waits: a process that ends by a signal does nothing at exit."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, Lines):
            handler.close()


def _ended_by(kind: type[BaseException], error: BaseException, _: TracebackType | None) -> None:
    """Log what ends the process."""
    if issubclass(kind, KeyboardInterrupt):
        return
    told = event("process_failed", error=kind.__name__, at=where(error))
    _log.critical("%s: %s", kind.__name__, error, extra=told)


def _thread_ended_by(found: threading.ExceptHookArgs) -> None:
    """Log what ends a thread; it may have been at work for a request."""
    error, thread = found.exc_value, found.thread.name if found.thread else "?"
    at = where(error) if error is not None else []
    told = event("thread_failed", thread=thread, error=found.exc_type.__name__, at=at)
    _log.error("thread %s failed: %s", thread, found.exc_type.__name__, extra=told)
