# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: account_session
short_description: Sign in to one AWS account
version_added: 0.1.0
description:
  - Assumes a role in an account, or takes the caller's own credentials, and makes sure that they are for that account.
  - Runs on the controller, with the credentials that boto3 finds there (environment, profile, SSO, instance role).
  - The result is not shown in any output. Errors are.
author:
  - Trailwatch contributors (@trailwatch)
requirements:
  - boto3
options:
  account_id:
    description: The account, twelve digits.
    type: str
    required: true
  region:
    description: The region whose STS endpoint is called. It tells the partition, too.
    type: str
    required: true
  role:
    description: Name or ARN of the role to assume. Empty for the caller's own credentials.
    type: str
    default: ""
  external_id:
    description: The external id that the role's trust policy asks for.
    type: str
    default: ""
  profile:
    description: An AWS profile to take the credentials from.
    type: str
    default: ""
  session_name:
    description: What the session is called in the account's CloudTrail.
    type: str
    default: trailwatch
  session_tags:
    description: Tags of the session. The role's trust policy has to allow C(sts:TagSession), too.
    type: dict
    default: {}
  source_identity:
    description:
      - Who is behind the session, told by each CloudTrail record of it. The role's trust policy has to allow
        C(sts:SetSourceIdentity), too.
      - Empty for none.
    type: str
    default: ""
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
seealso:
  - module: amazon.aws.sts_assume_role
"""

EXAMPLES = r"""
- name: Sign in to the account of this host
  trailwatch.aws.account_session:
    account_id: "111111111111"
    region: us-east-1
    role: OrganizationAccountAccessRole
  register: session
"""

RETURN = r"""
access_key:
  description: Access key id.
  type: str
  returned: success
secret_key:
  description: Secret access key.
  type: str
  returned: success
session_token:
  description: Session token, empty for long-lived credentials.
  type: str
  returned: success
arn:
  description: The principal that the credentials act as.
  type: str
  returned: success
  sample: arn:aws:sts::111111111111:assumed-role/OrganizationAccountAccessRole/trailwatch
"""
