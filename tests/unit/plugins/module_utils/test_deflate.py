# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Our own deflate: zlib reads it, it is small enough, and its bytes never change."""

from __future__ import annotations

import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.trailwatch.aws.plugins.module_utils.deflate import deflate


def inflate(stream: bytes) -> bytes:
    reader = zlib.decompressobj(-15)
    data = reader.decompress(stream) + reader.flush()
    assert reader.eof
    assert not reader.unused_data
    return data


@given(st.binary(max_size=2000) | st.text("ab", max_size=2000).map(str.encode))
def test_any_data_comes_back(data: bytes) -> None:
    assert inflate(deflate(data)) == data


@pytest.mark.parametrize("length", [*range(1, 20), 257, 258, 259, 516, 517, 70_000])
def test_every_length_of_a_match_comes_back(length: int) -> None:
    assert inflate(deflate(b"x" * length)) == b"x" * length


@pytest.mark.parametrize("distance", [1, 4, 5, 24, 25, 1024, 1025, 24_576, 24_577, 32_765, 32_768, 32_769, 40_000])
def test_every_distance_of_a_match_comes_back(distance: int) -> None:
    noise = random.Random(1).randbytes(distance)
    assert inflate(deflate(noise + noise[:300])) == noise + noise[:300]


def test_text_becomes_smaller() -> None:
    text = b"who did what, where, when, from where, with which result; " * 20
    assert len(deflate(text)) < len(text) / 8


def test_bytes_never_change() -> None:
    assert deflate(b"abcabcabc").hex() == "4b4c4a862000"
