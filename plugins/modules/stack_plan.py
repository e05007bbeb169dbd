# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stack_plan
short_description: Work out the alerting stack of one account
version_added: 0.1.0
description:
  - Checks the settings of one account and turns them into the resources that it shall have, in AWS's own terms.
  - Runs on the controller and calls nothing, so that wrong settings are refused before the first call.
  - Serves the role P(trailwatch.aws.iam_alerting#role).
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
  profile:
    description: The AWS profile whose region tells the partition when O(region) is empty.
    type: str
    default: ""
  actions:
    description: What is reported, in the form of P(trailwatch.aws.preset#lookup)'s terms.
    type: list
    elements: str
    required: true
  subscribers:
    description: Mail addresses, or dictionaries of options of M(trailwatch.aws.sns_topic)'s subscriptions.
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
  tags:
    description: Tags for all resources, in addition to C(trailwatch).
    type: dict
    default: {}
attributes:
  action:
    description: Has an action plugin that runs on the controller.
    support: full
  check_mode:
    description: Can run in check mode; it writes nothing in any mode.
    support: full
  diff_mode:
    description: Returns a diff.
    support: none
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
  register: plan
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
partition:
  description: The partition of the account.
  type: str
  returned: success
  sample: aws
desired:
  description: The desired document of each component, by its name.
  type: dict
  returned: success
package:
  description: The file with the function's code. It is removed when the run ends.
  type: str
  returned: success
"""
