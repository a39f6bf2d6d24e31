"""`jiaokan api`: the HTTP server alone, for deployments in which workers run elsewhere."""

from __future__ import annotations

import argparse
import importlib
from typing import Any

import uvicorn

from models import logs, traces
from worker.commands.startup import known_settings, refuse

_CANNOT_START = 2
_STOP_SECONDS = 15


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to listen."""
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at (default: this machine only)")
    parser.add_argument("--port", type=int, default=8000, help="the port (default: 8000)")
    parser.add_argument(
        "--behind-proxy",
        metavar="ADDRESS",
        default="",
        help="believe what the proxy at this address says of its clients",
    )


def run(args: argparse.Namespace) -> int:
    """Serve until told to stop; 2 if the port is taken or a setting makes no sense."""
    settings = known_settings()
    if settings is None:
        return _CANNOT_START
    if not settings.redis_url.get_secret_value():
        return refuse("no queue is set: JIAOKAN_REDIS_URL names a Redis server; `jiaokan serve` starts one of its own")
    logs.configure()
    create: Any = importlib.import_module("api.app").create_app
    traces.start("jiaokan-api")
    app = create(settings)
    traces.watch(app)
    config = uvicorn.Config(
        app,
        host=args.host,
        port=args.port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(args.behind_proxy),
        forwarded_allow_ips=args.behind_proxy or None,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )
    server = uvicorn.Server(config)
    server.run()
    return 0 if server.started else _CANNOT_START
