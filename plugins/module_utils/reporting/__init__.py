# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all reports on many accounts have in common, that of a status and that of a run.

C(text) is how anything is said, C(table) how it is laid out on the terminal, C(page) in the browser, and C(files) where
it is written to.
"""
