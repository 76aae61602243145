"""The BentoML service, and the one door to BentoML.

BentoML supervises the workers and never sees a request. Its own /livez, /readyz, /metrics and
/schema.json come before any mounted app and its timeout answers outside of every middleware, so
that the app it makes for a worker is wrapped as a whole: only the lifespan goes through. How it
supervises is told by `_arbiter`, also where the server is started by `bentoml serve`.
"""

import gc
import logging
import os
import sys
from typing import Any

import bentoml

from features.errors import InputError
from serving import logs
from serving.http import Receive, Scope, Send
from serving.supervision import LOOK_SECONDS, Workers, ready

DRAIN_SECONDS = 30
"""How long a worker that is told to end may finish what it is answering."""

AGAIN_SECONDS = 0.1

_log = logging.getLogger("credence")


class _Edge(bentoml.Service):  # type: ignore[misc]  # BentoML exports it untyped
    """A BentoML service whose every path is answered by an app of our own."""

    def to_asgi(self, is_main: bool = True) -> Any:
        """Return the app of a worker, its models loaded."""
        # The parent, which only supervises, is spared what a worker needs.
        from serving import listening, metrics
        from serving.app import App
        from serving.cors import Cors
        from serving.gate import Gate
        from serving.predictions import from_environment
        from serving.state import State
        from serving.warm import warm

        if working := bentoml.server_context.worker_index is not None:
            logs.start()
        # What is loaded is no garbage: to look for some meanwhile takes a tenth of the time.
        gc.disable()
        lifecycle: Any = super().to_asgi(is_main=is_main)
        state = State.load(warm)
        state.watch()
        counted = metrics.of_server()
        app = App(state, counted, from_environment(), gate=Gate.of_server(), cors=Cors.of_server())
        if working:
            listening.install(app.direct, counted)
        # What is loaded lives as long as the process: the collector need not look at it again.
        gc.collect()
        gc.freeze()
        gc.enable()

        async def edge(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "lifespan":
                await app(scope, receive, send)
                return
            if working and not listening.installed():
                told = "BentoML makes its HTTP server otherwise: install what requirements.lock has"
                await send({"type": "lifespan.startup.failed", "message": told})
                return
            _log.info("ready", extra=logs.event("worker_ready", **state.now.models.versions))
            ready()
            await lifecycle(scope, receive, send)
            app.close()
            _log.info("ended", extra=logs.event("worker_ended"))
            logs.stop()

        return edge


def _arbiter() -> type[Any]:
    """Return BentoML's supervisor of workers, one that looks after them as `Workers` says."""
    # It brings what no worker needs.
    from bentoml._internal.utils.circus import Arbiter

    class Supervisor(Arbiter):
        def __init__(self, watchers: list[Any], sockets: list[Any], **options: Any) -> None:
            (watcher,) = watchers
            if not Credence.prepared:
                _prepare(sockets[-1], watcher)
            Workers(watcher, DRAIN_SECONDS)
            more = {**options, "sockets": sockets, "check_delay": LOOK_SECONDS}
            super().__init__(watchers, **more)

        def manage_watchers(self) -> Any:
            """Look after the workers, unless they are just being started or ended."""
            busy = self._exclusive_running_command is not None
            return None if busy else super().manage_watchers()

        def stop(self) -> Any:
            """End every worker; new connections are refused from now on, and not kept waiting."""
            if self._stopping:
                return None
            if self._exclusive_running_command is not None:
                # It starts a worker, and would forget that it was told to end.
                self.loop.call_later(AGAIN_SECONDS, self.stop)
                return None
            self.sockets.close_all()
            return super().stop()

    return Supervisor


def _prepare(listening: Any, watcher: Any) -> None:
    """Prepare a server that `bentoml serve` started; its workers are told what was found."""
    from serving.launch import adopt

    try:
        adopt(listening.host, listening.port, watcher.numprocesses)
    except InputError as error:
        sys.exit(str(error))
    watcher.env |= os.environ
    watcher.args = [*watcher.args, "--timeout-graceful-shutdown", str(DRAIN_SECONDS)]


class Credence:
    """Scores of creators: risk of fake followers and likelihood of conversion."""

    prepared = False
    """Whether `credence serve` starts the server, which has prepared it then."""

    @bentoml.on_deployment  # type: ignore[untyped-decorator]
    def supervise() -> None:
        """Have the supervisor that BentoML makes next be ours: it offers no other way."""
        from bentoml._internal.utils import circus

        circus.Arbiter = _arbiter()  # type: ignore[misc]


# None of these of BentoML's is on the path: the app counts and logs for itself.
service: Any = bentoml.service(
    name="credence",
    service_class=_Edge,
    metrics={"enabled": False},
    logging={"access": {"enabled": False}},
    tracing={"excluded_urls": ".*"},
)(Credence)


def run(host: str, port: int, workers: int) -> None:
    """Serve until a signal ends it.

    Parameters
    ----------
    host : str
        An IP address.
    port : int
        Of the listening socket.
    workers : int
        Processes.
    """
    # BentoML's public `Service.serve_http` does not bound how long a worker may drain.
    from _bentoml_impl.server import serve_http  # type: ignore[import-untyped]

    service.config["workers"] = workers
    service.inject_config()
    Credence.prepared = True
    logs.start()
    serve_http(service, host=host, port=port, timeout_graceful_shutdown=DRAIN_SECONDS)
    _log.info("ended", extra=logs.event("server_ended"))
