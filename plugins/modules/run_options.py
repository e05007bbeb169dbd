# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: run_options
short_description: Check what is asked of a run over many accounts
version_added: 0.2.0
description:
  - Checks in which batches a playbook of this collection is to go through the accounts, and how it is to report, before
    the first account is entered. A refusal names the variable of the playbook, its value and the way out.
  - Finds hosts that cannot be run, as another host of the inventory has the same C(account_id) and
    C(iam_alerting_name).
  - Runs on the controller. Let it run once, for all hosts.
author:
  - Trailwatch contributors (@trailwatch)
options:
  batches:
    description:
      - The sizes of the batches, from the first on, as a list of numbers and percentages like Ansible's C(serial). The
        last one is that of all further batches.
    type: raw
    default: ["100%"]
  max_fail_percentage:
    description: If more accounts than that many of a hundred of a batch fail, no further batch is begun.
    type: raw
    default: 0
  show:
    description: How much M(trailwatch.aws.run_report) is to print.
    type: str
    default: short
  fail_on:
    description: The states that are failures for M(trailwatch.aws.run_report).
    type: raw
    default: []
  files:
    description:
      - The files that a report will be written to, by the variable that each was asked for with. An empty one does not
        count.
    type: dict
    default: {}
attributes:
  action:
    description: Has an action plugin that runs on the controller.
    support: full
  check_mode:
    description: Writes nothing in any mode.
    support: full
  diff_mode:
    description: Changes nothing.
    support: none
"""

EXAMPLES = r"""
- name: Is it possible
  trailwatch.aws.run_options:
    batches: [1, "10%", "100%"]
    max_fail_percentage: 5
    files:
      iam_alerting_report_junit: reports/deploy.xml
  run_once: true
  register: iam_alerting_run
"""

RETURN = r"""
batches:
  description: The hosts of each batch, by the last of them.
  type: dict
  returned: success
  sample: {canary: [canary], two: [one, two]}
serial:
  description:
    - How many of the hosts are to be run at a time, as C(serial) of a play takes it.
    - A batch is run in parts if it has more hosts than twenty rounds of the forks take, as what Ansible keeps of a play
      grows with the square of its hosts.
  type: list
  elements: int
  returned: success
  sample: [1, 2]
max_fail_percentage:
  description: As a number.
  type: float
  returned: success
  sample: 5.0
hosts:
  description: The hosts of the play that can be run, as C(hosts) of a play takes them; V(all) if none is refused.
  type: raw
  returned: success
  sample: all
refused:
  description: By host of the play that cannot be run, why not.
  type: dict
  returned: success
  sample: {}
"""
