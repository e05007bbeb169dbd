# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many mails there are when the alerts of a group are held together."""

from __future__ import annotations

import math
from collections.abc import Iterable


def grouped_mails(times: Iterable[float], seconds: int) -> int:
    """How many mails the events of one group give.

    The first event is mailed and opens a window; if others come before it ends, one summary tells of them.

    Args:
        times: when the events were, in seconds, in any order.
        seconds: how long a window is.
    """
    mails, ends, summarized = 0, -math.inf, True
    for time in sorted(times):
        if time > ends:
            mails, ends, summarized = mails + 1, time + seconds, False
        elif not summarized:
            mails, summarized = mails + 1, True
    return mails
