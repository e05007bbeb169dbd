# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deflate (RFC 1951) that gives the same bytes everywhere.

What zlib makes of the same input differs between zlib, zlib-ng and their versions. This makes one block with the fixed
codes and the first best match: not as small as zlib's, but decided by this file alone.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator

_WINDOW = 32 * 1024
_SHORTEST = 3
_LONGEST = 258
_TRIES = 8

_LAST_BLOCK_WITH_FIXED_CODES = 0b011
_END_OF_BLOCK = 256


def _bases(first: int, extra_bits: list[int]) -> list[int]:
    """The least value of each code, when code i stands for 2 ** extra_bits[i] values and the first for first."""
    bases = [first]
    for bits in extra_bits[:-1]:
        bases.append(bases[-1] + (1 << bits))
    return bases


_LENGTH_EXTRA = [0] * 8 + [bits for bits in range(1, 6) for repeat in range(4)]  # codes 257 to 284
_LENGTH_BASES = _bases(_SHORTEST, _LENGTH_EXTRA)
_DISTANCE_EXTRA = [0, 0] + [bits for bits in range(14) for repeat in range(2)]
_DISTANCE_BASES = _bases(1, _DISTANCE_EXTRA)


class _Bits:
    """Bits in the order of RFC 1951: the first one is the least of the first byte."""

    def __init__(self) -> None:
        self.value = 0
        self.count = 0
        self.out = bytearray()

    def add(self, value: int, count: int) -> None:
        self.value |= value << self.count
        self.count += count
        while self.count >= 8:
            self.out.append(self.value & 0xFF)
            self.value >>= 8
            self.count -= 8

    def add_code(self, code: int, count: int) -> None:
        """Huffman codes come with their first bit first."""
        self.add(int(f"{code:0{count}b}"[::-1], 2), count)

    def end(self) -> bytes:
        self.add(0, -self.count % 8)
        return bytes(self.out)


def deflate(data: bytes) -> bytes:
    """Return the data as a raw deflate stream."""
    bits = _Bits()
    bits.add(_LAST_BLOCK_WITH_FIXED_CODES, 3)
    for length, value in _symbols(data):
        if length:
            _add_match(bits, length, value)
        else:
            _add_symbol(bits, value)
    _add_symbol(bits, _END_OF_BLOCK)
    return bits.end()


def _add_match(bits: _Bits, length: int, distance: int) -> None:
    if length == _LONGEST:
        _add_symbol(bits, 285)
    else:
        index = bisect.bisect_right(_LENGTH_BASES, length) - 1
        _add_symbol(bits, 257 + index)
        bits.add(length - _LENGTH_BASES[index], _LENGTH_EXTRA[index])
    index = bisect.bisect_right(_DISTANCE_BASES, distance) - 1
    bits.add_code(index, 5)
    bits.add(distance - _DISTANCE_BASES[index], _DISTANCE_EXTRA[index])


def _add_symbol(bits: _Bits, symbol: int) -> None:
    if symbol < 144:
        bits.add_code(0b00110000 + symbol, 8)
    elif symbol < 256:
        bits.add_code(0b110010000 + symbol - 144, 9)
    elif symbol < 280:
        bits.add_code(symbol - 256, 7)
    else:
        bits.add_code(0b11000000 + symbol - 280, 8)


def _symbols(data: bytes) -> Iterator[tuple[int, int]]:
    """The data as (0, byte) and, for what was there before, (length, distance)."""
    seen: dict[bytes, list[int]] = {}
    position = 0
    while position < len(data):
        length, distance = _match(data, position, seen.get(data[position : position + _SHORTEST], []))
        yield (length, distance) if length else (0, data[position])
        for passed in range(position, position + max(length, 1)):
            seen.setdefault(data[passed : passed + _SHORTEST], []).append(passed)
        position += max(length, 1)


def _match(data: bytes, position: int, candidates: list[int]) -> tuple[int, int]:
    """The longest of the latest matches; (0, 0) if there is none."""
    best, distance = 0, 0
    limit = min(_LONGEST, len(data) - position)
    for start in reversed(candidates[-_TRIES:]):
        if position - start > _WINDOW or limit < _SHORTEST:
            break
        length = _SHORTEST
        while length < limit and data[start + length] == data[position + length]:
            length += 1
        if length > best:
            best, distance = length, position - start
    return best, distance
