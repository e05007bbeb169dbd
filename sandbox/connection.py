"""The TCP connection that a request came by, which an ASGI application is not told of: here it can be broken."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextvars import ContextVar

from hypercorn.asyncio import run
from hypercorn.asyncio.tcp_server import TCPServer

_writer: ContextVar[asyncio.StreamWriter] = ContextVar("writer")
_CLOSE_AT_ONCE = struct.pack("ii", 1, 0)


class Connection(TCPServer):
    """hypercorn's handling of a connection, of which the application's tasks know."""

    async def run(self) -> None:
        _writer.set(self.writer)
        await super().run()


def install() -> None:
    """Let hypercorn use it."""
    run.TCPServer = Connection


def break_off() -> None:
    """Reset the connection of the request in work, without an answer."""
    transport = _writer.get().transport
    # Else it would end like one that the server has closed in good order.
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _CLOSE_AT_ONCE)
    transport.abort()
