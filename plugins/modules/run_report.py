# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: run_report
short_description: Report what came of a run, or of several, in all accounts
version_added: 0.2.0
description:
  - Puts together what the role P(trailwatch.aws.iam_alerting#role) registered as C(iam_alerting_result) for each host
    of the play. An account that failed is told with the reason in the host's variable C(iam_alerting_failure), one that
    was not begun with any more with that in C(iam_alerting_stopped), as the collection's playbooks set them.
  - Prints a table, and writes the same as JSON, as JUnit XML and as an HTML page if asked to.
  - Runs on the controller. Let it run once, for all hosts.
author:
  - Trailwatch contributors (@trailwatch)
options:
  playbook:
    description:
      - What was run. The accounts are the hosts of the play.
      - Either this or O(reports) is required.
    type: str
    choices: [deploy, teardown, verify, redrive, confirm, migrate]
  reports:
    description:
      - Files with the reports of earlier runs as JSON, to be made one. The hosts of the play do not matter then.
      - They have to be of the same playbook, all of checks or none, and no host may be in two of them. A file that is
        not there is an error, as nothing is known of its accounts.
    type: list
    elements: path
  show:
    description:
      - V(short) prints the accounts of which something is to be said, those with the same together, and counts the
        others. Of ten accounts or less, it prints each.
      - V(all) prints a row for each account.
    type: str
    choices: [short, all]
    default: short
  fail_on:
    description: States that count as failures, beside C(failed) and C(unreachable).
    type: list
    elements: str
    choices: [changed]
    default: []
  json:
    description: The file to write the report to as JSON.
    type: path
  junit:
    description: The file to write the report to as JUnit XML, with a test case for each account.
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
- name: What came of it in all accounts
  trailwatch.aws.run_report:
    playbook: deploy
    json: deploy.json
    junit: deploy.xml
  run_once: true

- name: What came of it in two slices of the inventory, each run by itself
  trailwatch.aws.run_report:
    reports: [slice-0.json, slice-1.json]
    html: deploy.html
  run_once: true
"""

RETURN = r"""
totals:
  description:
    - How many C(accounts) there are, and how many of them are in each state.
    - The JSON file has the same C(totals) and C(failing), the C(playbook), whether it was C(check_mode), the time
      C(generated), and C(accounts), a list. Each has its C(host), its C(account_id) and C(account_name), its C(state),
      which is C(in_sync), C(changed), C(failed), C(unreachable) or C(skipped), in C(what) one line on it, such as the
      reason, the C(components) that were changed or would be, and C(notes), what somebody has to see to besides.
  type: dict
  returned: always
  sample:
    accounts: 3
    in_sync: 1
    changed: 1
    failed: 1
    unreachable: 0
    skipped: 0
failing:
  description: The hosts whose accounts count as failures.
  type: list
  elements: str
  returned: always
"""
