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
  - Wrong settings are refused before the first call. So are, before any change, resources of the same name that are
    somebody else's, a trail too many, and permissions that are missing as far as IAM simulates them.
  - First is settled which trail brings the events, by O(settings.trail) and what is there.
  - Runs on the controller, in Ansible's own process, with the credentials that boto3 finds there. No credentials are in
    the result; for the tasks that follow they are in RV(session_file). It serves the role
    P(trailwatch.aws.iam_alerting#role).
author:
  - Trailwatch contributors (@trailwatch)
requirements:
  - boto3
  - botocore
extends_documentation_fragment:
  - trailwatch.aws.settings
options:
  components:
    description:
      - The components to look at, of C(key), C(bucket), C(trail), C(topic), C(fallback_topic), C(queue), C(log_group),
        C(execution_role), C(table), C(event_queue), C(function), C(event_source_mapping), C(rule), C(heartbeat_rule),
        C(alarms) and C(tampering_rule). All if empty.
    type: list
    elements: str
    default: []
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
      - The components that were just deployed. What still differs then, after it was read again for two minutes, is a
        failure.
    type: list
    elements: str
    default: []
  lost:
    description: RV(lost) of the plan before something was deployed, for the summary.
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
organization:
  description: The id of the organization that loses its trail by what is to be removed; empty if none does.
  type: str
  returned: success
  sample: ""
key:
  description: The alias and id of the customer's key; empty if there is none, or it is to be deleted.
  type: str
  returned: success
  sample: alias/iam-alerting (0d990263-018e-4e65-a703-eff731de951e)
summary:
  description:
    - The account in one line, with the subscribers who have not confirmed yet, were lost or are not on the list,
      expired suppressions, what is to be known of the trails, and a key that is kept though it is used no more.
    - Of those who have not confirmed or are missing, CloudTrail's event history tells since when, if it can be read. It
      is read only if there are such.
  type: str
  returned: success
  sample: "would change: topic, rule; not confirmed yet: secops@example.com"
notes:
  description: What somebody has to see to besides what differs, as it stands in the summary.
  type: list
  elements: str
  returned: success
  sample: ["not confirmed yet: secops@example.com"]
affected:
  description: The components that are other than they were before the run, or will be after it. Those that differ,
    and in the plan after they were deployed those of O(applied).
  type: list
  elements: str
  returned: success
  sample: [topic, rule]
differing:
  description: The components that differ, in the order in which they are deployed.
  type: list
  elements: str
  returned: success
former:
  description: Whether a member also alerts by itself, as it did before, so that it is yet to be moved to the hub.
  type: bool
  returned: success
removing:
  description: Those of them that are to be there no more.
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
lost:
  description: The subscribers that were confirmed and are gone, with what CloudTrail's event history tells of it.
  type: list
  elements: str
  returned: if something differs
  sample: ["secops@example.com (unsubscribed 2026-03-14 03:10 UTC by assumed-role/Admin/alice)"]
desired:
  description: The desired document of each component, by its name.
  type: dict
  returned: if something differs
session_file:
  description:
    - A file with the credentials that the plan was made with, in the form of AWS's own credentials files, under a
      profile that is called as the file. Nobody else can read it, and it is removed when the run ends.
  type: str
  returned: if RV(to_apply)
package:
  description: The file with the function's code. It is removed when the run ends.
  type: str
  returned: if something differs
entered:
  description: Whether the account could be entered. If not, nothing was done there.
  type: bool
  returned: if the account fails
"""
