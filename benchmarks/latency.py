"""A way to the local AWS on which each answer takes its time, as from AWS itself."""

from __future__ import annotations

import asyncio
import threading
from urllib.parse import urlsplit

_CHUNK = 65536


class Latency(threading.Thread):
    """Forwards connections to an endpoint, and holds back by so many seconds what comes back. Use it as a context."""

    def __init__(self, endpoint: str, seconds: float) -> None:
        super().__init__(daemon=True)
        self._to, self._seconds = urlsplit(endpoint), seconds
        self._ready = threading.Event()

    def __enter__(self) -> Latency:
        self.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self.join()

    def run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._forward, "127.0.0.1", 0)
        self.endpoint = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        await self._ended.wait()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self._to.hostname, self._to.port)
        await asyncio.gather(_copy(reader, back, 0), _copy(there, writer, self._seconds))


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter, seconds: float) -> None:
    try:
        while data := await source.read(_CHUNK):
            await asyncio.sleep(seconds)
            sink.write(data)
            await sink.drain()
    except ConnectionError:
        pass  # one side has gone
    finally:
        sink.close()
