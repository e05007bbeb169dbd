# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stack_verify
short_description: Prove that an alert arrives in one account
version_added: 0.1.0
description:
  - Makes an IAM user or role under the path C(/trailwatch-verify/), without permissions and with a random name, deletes
    it at once, and follows both calls through trail, rule, function and topic to a queue that is subscribed for the
    time of it. Users, roles and queues carry the tag C(trailwatch).
  - If an alert does not arrive in time, the account fails, with the stage at which the event stopped, the cause, and
    the way out. For that it reads no more than is needed.
  - An event that a suppression keeps quiet, or that is grouped with others, has come as far as the function. The
    account passes if the other event arrived, and fails if there is none.
  - The subscribers of the topic get both alerts, too. The account fails if nobody but such a queue is subscribed and
    confirmed, as no person would be told; else those who have not confirmed are named.
  - What it makes it removes, also if it fails. What a run left that was broken off is removed by a later one.
  - Wrong settings are refused before the first call, as by M(trailwatch.aws.stack_plan).
  - Runs on the controller, in Ansible's own process, with the credentials that boto3 finds there. It serves the role
    P(trailwatch.aws.iam_alerting#role).
author:
  - Trailwatch contributors (@trailwatch)
requirements:
  - boto3
  - botocore
extends_documentation_fragment:
  - trailwatch.aws.settings
options:
  verify_with:
    description: What is made and deleted. One of the two calls at least has to be in O(settings.actions).
    type: str
    choices: [user, role]
    default: user
  verify_minutes:
    description: How many minutes the alerts are waited for, more than 0 and at most 45.
    type: float
    default: 15.0
  leftover_minutes:
    description: What an earlier run left is removed if it is older than so many minutes.
    type: float
    default: 60.0
attributes:
  action:
    description: Has an action plugin that runs on the controller.
    support: full
  check_mode:
    description: Writes nothing and says what it would do.
    support: full
  diff_mode:
    description: Everything is afterwards as it was before.
    support: none
"""

EXAMPLES = r"""
- name: Does an alert arrive
  trailwatch.aws.stack_verify:
    settings:
      account_id: "111111111111"
      account_name: production
      name: iam-alerting
      actions:
        - iam:CreateUser
        - iam:DeleteUser
      log_retention_days: 365
      role: OrganizationAccountAccessRole
    verify_minutes: 5
  register: proof

- name: How long it took
  ansible.builtin.debug:
    msg: "{{ proof.account_id }}: {{ proof.summary }}"
"""

RETURN = r"""
account_id:
  description: The account.
  type: str
  returned: success
summary:
  description: The account in one line.
  type: str
  returned: success
  sample: "pass: CreateUser 12.3 s, DeleteUser 11.0 s (record 0.0, function 8.9, topic 0.2, queue 0.1, seen 3.1)"
events:
  description: The calls that were followed.
  type: list
  elements: dict
  returned: always
  contains:
    action:
      description: The call, as in IAM policies.
      type: str
      sample: iam:CreateUser
    request_id:
      description: By which CloudTrail and the function's log know the call.
      type: str
    arrived:
      description: Whether its alert came to the queue.
      type: bool
    quiet:
      description: Why it has no message of its own although all is well; else empty.
      type: str
    seconds:
      description:
        - The seconds that each stage took, of those that are known. C(record) ends with the C(eventTime) of CloudTrail,
          which has whole seconds, C(function) when the function begins with the event, C(topic) when SNS publishes,
          C(queue) when it sends to the queue, C(seen) when the message is received.
      type: dict
    stage:
      description: At which stage the event stopped, C(record), C(rule), C(function), C(topic) or C(queue).
      type: str
      returned: if it did not arrive
    cause:
      description: Why it stopped there.
      type: str
      returned: if it did not arrive
    remedy:
      description: What to do.
      type: str
      returned: if it did not arrive
removed:
  description: What an earlier run had left; in check mode, what would be removed.
  type: list
  elements: str
  returned: always
entered:
  description: Whether the account could be entered. If not, nothing was done there.
  type: bool
  returned: if the account fails
"""
