# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write docs/costs.md and print it: `make costs`."""

from pathlib import Path

from scripts.costs.page import page
from scripts.costs.prices import load

DOCUMENT = Path(__file__).parents[2] / "docs/costs.md"

if __name__ == "__main__":
    text = page(load())
    DOCUMENT.write_text(text)
    print(text, end="")
