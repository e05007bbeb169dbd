# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stack_redrive
short_description: Send what could not be delivered in one account through the function again
version_added: 0.1.0
description:
  - Sends each message of the dead-letter queue through the function, once, and waits for what comes of it. A message is
    deleted when its alert was sent or a suppression keeps it quiet; else it stays in the queue, and the account fails,
    with the reason.
  - Reminders of summaries, which come of grouped alerts, are handed over as the queue of the events does it. Those
    of a table that is gone have nothing to tell, and are deleted.
  - What is neither an event nor a reminder is left, and named.
  - A call that AWS refuses ends the run. After 45 minutes no more messages are begun. Two a second are sent at most.
  - A run that is killed leaves the messages that it had received hidden, for an hour at most.
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
attributes:
  action:
    description: Has an action plugin that runs on the controller.
    support: full
  check_mode:
    description: Writes nothing and receives nothing, and says how many messages there are.
    support: full
  diff_mode:
    description: A message in a queue has no before and after.
    support: none
"""

EXAMPLES = r"""
- name: Alert what could not be delivered
  trailwatch.aws.stack_redrive:
    settings:
      account_id: "111111111111"
      account_name: production
      name: iam-alerting
      actions:
        - iam:CreateUser
        - iam:DeleteUser
      log_retention_days: 365
      role: OrganizationAccountAccessRole
  register: redriven

- name: What came of it
  ansible.builtin.debug:
    msg: "{{ redriven.account_id }}: {{ redriven.summary }}"
"""

RETURN = r"""
account_id:
  description: The account.
  type: str
  returned: if the account could be entered
summary:
  description: The account in one line.
  type: str
  returned: success
  sample: "3 dead letters: 2 alerted, 1 suppressed"
dead_letters:
  description: How many messages there were. In check mode, SQS's approximation.
  type: int
  returned: if the account could be entered
alerted:
  description: How many alerts were sent.
  type: int
  returned: if not in check mode
suppressed:
  description: How many events a suppression keeps quiet.
  type: int
  returned: if not in check mode
reminded:
  description: How many reminders of summaries the function took.
  type: int
  returned: if not in check mode
kept:
  description: How many events were put into the queue of a hub that stands by, which had missed them.
  type: int
  returned: if not in check mode
void:
  description: How many reminders were deleted, because the table with what they would tell of is gone.
  type: int
  returned: if not in check mode
over:
  description: How many heartbeats were deleted. Sent on late, they would say that events arrive, when they did not.
  type: int
  returned: if not in check mode
left:
  description: The messages that are still in the queue.
  type: list
  elements: dict
  returned: if not in check mode
  contains:
    message_id:
      description: The message's id in SQS.
      type: str
    title:
      description: The event's action and id; of what is no event, the kind and id of the message.
      type: str
      sample: iam:CreateUser 3f7f5e1c-0000-4000-8000-000000000000
    reason:
      description: Why it is left.
      type: str
      sample: "the function failed: KeyError: 'no luck'"
entered:
  description: Whether the account could be entered. If not, nothing was done there.
  type: bool
  returned: if the account fails
"""
