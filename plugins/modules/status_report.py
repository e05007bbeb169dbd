# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: status_report
short_description: Report how the alerting of all accounts is doing
version_added: 0.1.0
description:
  - Puts together what M(trailwatch.aws.stack_status) found in the account of each host of the play. The role
    P(trailwatch.aws.iam_alerting#role) registers that as C(iam_alerting_status).
  - An account that was not read is in the report, too, with the reason that is in the host's variable
    C(iam_alerting_failure).
  - Prints a table, and writes the same as JSON and as an HTML page if asked to.
  - Runs on the controller. Let it run once, for all hosts.
author:
  - Trailwatch contributors (@trailwatch)
options:
  show:
    description:
      - V(problems) prints the accounts that need somebody, those that have the same problem together, and counts the
        healthy ones. V(all) prints a row for each account.
    type: str
    choices: [problems, all]
    default: problems
  json:
    description: The file to write the report to as JSON.
    type: path
  html:
    description:
      - The file to write the report to as a page. It is one file, which loads nothing.
    type: path
attributes:
  action:
    description: Has an action plugin that runs on the controller.
    support: full
  check_mode:
    description: Writes the files that it is asked for, and nothing else, in any mode.
    support: full
  diff_mode:
    description: Does not show what it writes.
    support: none
"""

EXAMPLES = r"""
- name: Status of all accounts
  trailwatch.aws.status_report:
    json: status.json
    html: status.html
  run_once: true
"""

RETURN = r"""
totals:
  description:
    - How many C(accounts) there are, how many of them C(healthy), and how many have a problem of each kind; one with
      several problems counts for each kind.
    - The JSON file has the same C(totals), the time C(generated), and C(accounts), a list of what
      M(trailwatch.aws.stack_status) returns as C(account), each with the C(host) in the inventory.
  type: dict
  returned: always
  sample:
    accounts: 3
    healthy: 1
    unreadable: 0
    deaf: 1
    dead_letters: 0
    alarm: 0
    drift: 2
    delivery: 0
    pending: 0
failing:
  description: The hosts whose accounts could not be read, or have a problem that is a failure.
  type: list
  elements: str
  returned: always
"""
