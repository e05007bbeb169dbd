# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stack_status
short_description: Tell how the alerting of one account is doing
version_added: 0.1.0
description:
  - Signs in to the account, reads what M(trailwatch.aws.stack_plan) reads, when the topic last published something, and
    whether mail subscribers can be unsubscribed by a link, and tells what somebody has to see to.
  - Writes nothing in any mode. A read that fails is a failure for the account and says which call.
  - Runs on the controller, in Ansible's own process, with the credentials that boto3 finds there. No credentials are in
    the result. It serves the role P(trailwatch.aws.iam_alerting#role); M(trailwatch.aws.status_report) puts the
    accounts together.
author:
  - Trailwatch contributors (@trailwatch)
requirements:
  - boto3
  - botocore
extends_documentation_fragment:
  - trailwatch.aws.settings
options:
  components:
    description: The components to look at, as those of M(trailwatch.aws.stack_plan). All if empty.
    type: list
    elements: str
    default: []
  fail_on:
    description:
      - The task fails if the account has a problem of one of these kinds.
      - V(drift) is a component that differs from what is desired, V(deaf) that alerts reach nobody, V(dead_letters)
        that something could not be delivered, V(alarm) an alarm in the state C(ALARM), V(delivery) that the trail's log
        files are not delivered, V(pending) that subscribers, or the fallback, have not confirmed, or not any more, and
        V(unexpected) that others than those asked for are subscribed.
    type: list
    elements: str
    choices: [drift, deaf, dead_letters, alarm, delivery, pending, unexpected]
    default: []
attributes:
  action:
    description: Has an action plugin that runs on the controller.
    support: full
  check_mode:
    description: Writes nothing in any mode.
    support: full
  diff_mode:
    description: Changes nothing, so there is nothing to show.
    support: none
"""

EXAMPLES = r"""
- name: How is it doing
  trailwatch.aws.stack_status:
    settings:
      account_id: "111111111111"
      account_name: production
      name: iam-alerting
      actions:
        - iam:CreateUser
        - iam:DeleteUser
      subscribers:
        - secops@example.com
      log_retention_days: 365
      role: OrganizationAccountAccessRole
  register: status

- name: What somebody has to see to
  ansible.builtin.debug:
    msg: "{{ status.account.problems | map(attribute='what') }}"
"""

RETURN = r"""
account:
  description:
    - The account. All keys are always there; what was not looked at is null, as is all that is not known of an account
      that could not be read, in M(trailwatch.aws.status_report).
  type: dict
  returned: if the account could be read
  contains:
    account_id:
      description: The account.
      type: str
      returned: always
    account_name:
      description: What it is called in the alerts.
      type: str
      returned: always
    region:
      description: The region of the pipeline.
      type: str
      returned: always
    status:
      description: The kind of the worst problem, or V(healthy).
      type: str
      returned: always
      sample: deaf
    problems:
      description:
        - What somebody has to see to, the worst first, each with C(kind) and C(what) in words.
        - Kinds are V(unreadable) (only in M(trailwatch.aws.status_report)), V(deaf), V(dead_letters), V(alarm),
          V(drift), V(delivery) (the trail's log files are not delivered), V(pending) (subscribers, or the fallback,
          have not confirmed), V(unexpected) (others than those asked for are subscribed) and V(standby) (a hub stands
          by, and would have to be told if the other one is lost).
      type: list
      elements: dict
      returned: always
      sample: [{"kind": "deaf", "what": "trail iam-alerting is not logging"}]
    trail:
      description:
        - The C(name) of the trail that serves, and whether it is our C(own) or one of others.
        - Whether it C(exists) and is C(logging), its C(last_delivery) of log files, C(delivery_error).
      type: dict
      returned: always
      sample:
        name: iam-alerting
        own: true
        exists: true
        logging: true
        last_delivery: "2026-03-14T03:10:00Z"
        delivery_error: null
    rules:
      description: C(name) and C(state) of each rule.
      type: list
      elements: dict
      returned: always
      sample: [{"name": "iam-alerting", "state": "ENABLED"}]
    function:
      description:
        - Whether the function C(exists), its C(state), when it was C(last_modified), and whether its code is
          C(code_as_desired).
      type: dict
      returned: always
      sample: {"exists": true, "state": "Active", "last_modified": "2026-01-05T09:00:00Z", "code_as_desired": true}
    subscribers:
      description:
        - C(protocol), C(endpoint) and C(state) of each subscriber, which is V(confirmed), V(pending), V(lost) (asked
          for, was confirmed, and is not there), V(missing) (asked for, and not there) or V(unexpected) (there, and not
          asked for).
        - C(asked) is when SNS was last told to ask for the confirmation, C(note) what is known of one who is lost or
          missing, both from CloudTrail's event history. C(protected) is whether a confirmed mail subscriber can only be
          unsubscribed with credentials. Each is null if it is not known.
      type: list
      elements: dict
      returned: always
      sample:
        - protocol: email
          endpoint: secops@example.com
          state: confirmed
          asked: null
          protected: true
          note: null
    dead_letters:
      description: How many messages are in the dead-letter queue, about.
      type: int
      returned: always
    waiting:
      description: How many messages are in the queue before the function, about. In a hub that stands by, they stay.
      type: int
      returned: always
    alarms:
      description: C(name), C(state) (V(OK), V(ALARM) or V(INSUFFICIENT_DATA)) and C(since) when, of each alarm.
      type: list
      elements: dict
      returned: always
      sample: [{"name": "iam-alerting/dead-letters", "state": "OK", "since": "2026-03-14T03:10:00Z"}]
    last_alert:
      description:
        - The beginning of the hour in which the topic last published something, within the last 15 months.
        - It is what CloudWatch knows, some minutes late.
      type: str
      returned: always
      sample: "2026-03-14T03:00:00Z"
    drift:
      description: The components that differ from what is desired.
      type: list
      elements: str
      returned: always
      sample: [trail]
"""
