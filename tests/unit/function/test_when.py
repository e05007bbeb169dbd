# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the mail tells the time, in UTC and in the reader's own zone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import when


@pytest.fixture(autouse=True)
def fresh_zones() -> Iterator[None]:
    when._zone.cache_clear()
    yield
    when._zone.cache_clear()


@pytest.mark.parametrize(
    ("time_zone", "told"),
    [
        ("", "2026-11-23 03:12:45 UTC"),
        ("Europe/Berlin", "2026-11-23 03:12:45 UTC (04:12:45 in Europe/Berlin)"),
        ("America/New_York", "2026-11-23 03:12:45 UTC (2026-11-22 22:12:45 in America/New_York)"),
        ("Europe/Berln", "2026-11-23 03:12:45 UTC (no data for time zone Europe/Berln)"),
        ("/etc/localtime", "2026-11-23 03:12:45 UTC (no data for time zone /etc/localtime)"),
    ],
)
def test_second_time_zone(time_zone: str, told: str) -> None:
    assert when.in_words("2026-11-23T03:12:45Z", time_zone) == told


def test_summer_time() -> None:
    assert "(05:12:45 in Europe/Berlin)" in when.in_words("2026-07-23T03:12:45Z", "Europe/Berlin")


def test_runtime_without_data_of_time_zones_still_tells_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    import zoneinfo

    def none(name: str) -> None:
        raise zoneinfo.ZoneInfoNotFoundError(name)

    monkeypatch.setattr(zoneinfo, "ZoneInfo", none)
    told = when.in_words("2026-11-23T03:12:45Z", "Europe/Berlin")
    assert told == "2026-11-23 03:12:45 UTC (no data for time zone Europe/Berlin)"


@pytest.mark.parametrize("stated", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
@pytest.mark.parametrize("time_zone", ["America/New_York", "Asia/Tokyo"])
def test_ends_of_the_calendar(stated: str, time_zone: str) -> None:
    assert f"{stated[5:10]} {stated[11:19]} UTC" in when.in_words(stated, time_zone)


def test_time_that_cannot_be_read_stands_as_recorded() -> None:
    assert when.in_words("yesterday\nat noon", "Europe/Berlin") == "yesterday at noon"
