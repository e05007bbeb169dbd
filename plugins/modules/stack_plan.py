# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stack_plan
short_description: Compare the alerting of one account with what it shall be
version_added: 0.1.0
description:
  - Checks the settings of one account, turns them into the resources that it shall have, in AWS's own terms, signs in
    to the account, reads what is there, and says what differs, component by component and attribute by attribute.
  - Writes nothing in any mode. A read that fails is a failure for the account and says which call; it never counts as
    nothing there.
  - Wrong settings are refused before the first call. So are, before any change, a bucket, trail or function of the same
    name that is somebody else's.
  - Runs on the controller, in Ansible's own process, with the credentials that boto3 finds there. No credentials are in
    the result. It serves the role P(trailwatch.aws.iam_alerting#role).
author:
  - Trailwatch contributors (@trailwatch)
requirements:
  - boto3
  - botocore
options:
  account_id:
    description: The account, twelve digits.
    type: raw
    required: true
  account_name:
    description: What the account is called in the alerts.
    type: str
    required: true
  name:
    description: From this name those of all resources are made.
    type: str
    required: true
  region:
    description:
      - The region to which the partition delivers its IAM events; any other is refused.
      - Empty to work it out from the region of the AWS configuration.
    type: str
    default: ""
  role:
    description: Name or ARN of the role to assume in the account. Empty for the caller's own credentials.
    type: str
    default: ""
  external_id:
    description: The external id that this role's trust policy asks for.
    type: str
    default: ""
  profile:
    description: An AWS profile to take the credentials from, and the region that tells the partition.
    type: str
    default: ""
  components:
    description:
      - The components to look at, of C(bucket), C(trail), C(topic), C(queue), C(log_group), C(execution_role),
        C(table), C(event_queue), C(function), C(event_source_mapping) and C(rule). All if empty.
    type: list
    elements: str
    default: []
  actions:
    description: What is reported, in the form of P(trailwatch.aws.preset#lookup)'s terms.
    type: list
    elements: str
    required: true
  subscribers:
    description:
      - Mail addresses, or dictionaries of options of M(trailwatch.aws.sns_topic)'s subscriptions.
      - A dictionary may have C(minimum_severity), C(actions), C(accounts) and C(outcomes) in place of a filter policy.
    type: list
    elements: raw
    default: []
  suppressions:
    description:
      - Events that are kept quiet, dictionaries with C(name), C(match), C(reason), C(owner) and C(expires). See
        the role P(trailwatch.aws.iam_alerting#role).
    type: list
    elements: raw
    default: []
  https_format:
    description:
      - What subscribers by HTTPS get.
      - V(finding) is the Detection Finding of OCSF, which all other programs get, too.
      - V(amazon-q) is a custom notification for Amazon Q Developer in chat applications.
    type: str
    choices: [finding, amazon-q]
    default: finding
  time_zone:
    description: IANA name of a time zone in which mails tell the time, too. Empty for UTC alone.
    type: str
    default: ""
  trusted_accounts:
    description: Ids of the accounts that roles may trust, such as the organization's.
    type: list
    elements: raw
    default: []
  log_retention_days:
    description: How many days log files and logs are kept.
    type: int
    required: true
  architecture:
    description: Instruction set of the function.
    type: str
    choices: [x86_64, arm64]
    default: x86_64
  group_seconds:
    description:
      - For how many seconds, 0 to 900, alerts of a kind are gathered.
      - With 0 there is to be no C(table), C(event_queue) and C(event_source_mapping). What is left of them is to be
        removed.
    type: int
    default: 0
  tags:
    description: Tags for all resources, in addition to C(trailwatch).
    type: dict
    default: {}
  state:
    description:
      - V(present) compares with the resources as they shall be.
      - V(absent) lists what is there, to be removed.
    type: str
    choices: [present, absent]
    default: present
  keep:
    description: Components that stay if O(state=absent).
    type: list
    elements: str
    default: []
  applied:
    description:
      - The components that were just deployed. What still differs then, after it was read again for half a minute, is a
        failure.
    type: list
    elements: str
    default: []
attributes:
  action:
    description: Has an action plugin that runs on the controller.
    support: full
  check_mode:
    description: Writes nothing in any mode. It is changed if something differs and the role has something to do.
    support: full
  diff_mode:
    description: Returns what differs, attribute by attribute, policies as documents.
    support: full
"""

EXAMPLES = r"""
- name: What would be deployed
  trailwatch.aws.stack_plan:
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
  check_mode: true
  register: plan

- name: Who has to act
  ansible.builtin.debug:
    msg: "{{ plan.account_id }}: {{ plan.summary }}"
"""

RETURN = r"""
account_id:
  description: The account.
  type: str
  returned: success
region:
  description: The region of the pipeline.
  type: str
  returned: success
  sample: us-east-1
bucket:
  description: The name of the log bucket.
  type: str
  returned: success
summary:
  description: The account in one line, with the subscribers who have not confirmed yet, and expired suppressions.
  type: str
  returned: success
  sample: "would change: topic, rule; not confirmed yet: secops@example.com"
differing:
  description: The components that differ, in the order in which they are deployed.
  type: list
  elements: str
  returned: success
to_apply:
  description: Whether something differs and this is not check mode.
  type: bool
  returned: success
differences:
  description: For each differing component each differing attribute, C(before) and C(after).
  type: dict
  returned: if something differs
  sample: {"trail": {"IsLogging": {"before": false, "after": true}}}
desired:
  description: The desired document of each component, by its name.
  type: dict
  returned: if something differs
package:
  description: The file with the function's code. It is removed when the run ends.
  type: str
  returned: if something differs
"""
