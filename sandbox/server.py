"""Starting and stopping the sandbox: environment, socket, ministack, layer."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

STATE_FILE = "sandbox.json"
# What functions (and ministack) may inherit of the caller's environment; credentials and endpoints never.
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL")


def prepare(state: Path, port: int) -> socket.socket:
    """Bind the loopback socket and set ministack's environment; it reads that when it is imported."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    state.mkdir(parents=True, exist_ok=True)
    temporary = tempfile.mkdtemp(prefix="tmp-", dir=state.resolve())
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    os.environ.clear()
    os.environ.update(
        kept
        | {
            "AUTH": "true",
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(listening.getsockname()[1]),
            "TMPDIR": temporary,
            "LOG_LEVEL": "WARNING",
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "LAMBDA_EXECUTOR": "local",
            "DOCKER_HOST": "unix:///nonexistent",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
    )
    tempfile.tempdir = temporary
    return listening


def write_state(state: Path, endpoint: str, management: str, **more: Any) -> None:
    """Say that the server is ready, and where."""
    facts = {"endpoint": endpoint, "pid": os.getpid(), "management_account": management} | more
    draft = state / f"{STATE_FILE}.part"
    draft.write_text(json.dumps(facts) + "\n")
    draft.rename(state / STATE_FILE)
    print(f"sandbox ready at {endpoint} (pid {os.getpid()})", flush=True)


def serve(state: Path, port: int, accounts: list[str], management: str) -> None:
    """Run until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    # It warns that it cannot sign without the cryptography package; nothing here signs with KMS keys.
    logging.getLogger("kms").setLevel(logging.ERROR)
    listening = prepare(state, port)
    try:
        asyncio.run(_serve(state, listening, accounts, management))
    finally:
        (state / STATE_FILE).unlink(missing_ok=True)
        shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)


async def _serve(state: Path, listening: socket.socket, accounts: list[str], management: str) -> None:
    from hypercorn.asyncio import serve as serve_http
    from hypercorn.config import Config

    from sandbox import connection
    from sandbox.assembly import assemble

    connection.install()
    endpoint = f"http://127.0.0.1:{listening.getsockname()[1]}"
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    sandbox = assemble(loop, endpoint, state, management)
    for account in accounts:
        await sandbox.accounts.add(account)
    working = [loop.create_task(part.run()) for part in (sandbox.files, sandbox.mappings)]
    config = Config()
    config.bind = [f"fd://{listening.fileno()}"]
    config.loglevel, config.keep_alive_timeout, config.backlog = "WARNING", 75, 512
    config.graceful_timeout = config.shutdown_timeout = 1
    ready = loop.create_task(_announce(state, endpoint, management, listening))
    try:
        await serve_http(sandbox.layer, config, shutdown_trigger=stop.wait)
    finally:
        ready.cancel()
        for task in working:
            task.cancel()
        await sandbox.functions.stop()


async def _announce(state: Path, endpoint: str, management: str, listening: socket.socket) -> None:
    """Write the state file once the server answers."""
    address = listening.getsockname()
    while True:
        try:
            reader, writer = await asyncio.open_connection(*address)
            writer.write(b"GET /_sandbox/accounts HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
            await writer.drain()
            answered = await reader.readline()
            writer.close()
            if b" 200" in answered:
                break
        except OSError:
            pass
        await asyncio.sleep(0.02)
    write_state(state, endpoint, management)
