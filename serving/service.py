"""The BentoML service, and the one door to BentoML.

BentoML supervises the workers and never sees a request. Its own /livez, /readyz, /metrics and
/schema.json come before any mounted app and its timeout answers outside of every middleware, so
that the app it makes for a worker is wrapped as a whole: only the lifespan goes through.
"""

import gc
import logging
from typing import Any

import bentoml

from serving import logs
from serving.http import Receive, Scope, Send

DRAIN_SECONDS = 30
"""How long a worker that is told to end may finish what it is answering."""

_log = logging.getLogger("credence")


class _Edge(bentoml.Service):  # type: ignore[misc]  # BentoML exports it untyped
    """A BentoML service whose every path is answered by an app of our own."""

    def to_asgi(self, is_main: bool = True) -> Any:
        """Return the app of a worker, its models loaded."""
        # The parent, which only supervises, is spared what a worker needs.
        from serving import metrics, wire
        from serving.app import App
        from serving.cors import Cors
        from serving.gate import Gate
        from serving.predictions import from_environment
        from serving.state import State
        from serving.warm import warm

        if working := bentoml.server_context.worker_index is not None:
            logs.start()
        lifecycle: Any = super().to_asgi(is_main=is_main)
        state = State.load(warm)
        state.watch()
        counted = metrics.of_server()
        app = App(state, counted, from_environment(), gate=Gate.of_server(), cors=Cors.of_server())
        if working:
            wire.install(app, counted)
        # What is loaded lives as long as the process: the collector need not look at it again.
        gc.collect()
        gc.freeze()

        async def edge(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "lifespan":
                await app(scope, receive, send)
                return
            if working and not wire.installed():
                told = "BentoML makes its HTTP server otherwise: install what requirements.lock has"
                await send({"type": "lifespan.startup.failed", "message": told})
                return
            _log.info("ready", extra=logs.event("worker_ready", **state.now.models.versions))
            await lifecycle(scope, receive, send)
            app.close()
            _log.info("ended", extra=logs.event("worker_ended"))
            logs.stop()

        return edge


class Credence:
    """Scores of creators: risk of fake followers and likelihood of conversion."""


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
    logs.start()
    serve_http(service, host=host, port=port, timeout_graceful_shutdown=DRAIN_SECONDS)
    _log.info("ended", extra=logs.event("server_ended"))
