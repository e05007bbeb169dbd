# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stack_confirm
short_description: Confirm the subscribers of one account for them, or have them asked again
version_added: 0.2.0
description:
  - Takes the links that SNS mailed to subscribers and confirms those for the topics of this account, that of the
    settings' C(fallback) among them, so that to unsubscribe needs credentials. Who follows a link in person, or a
    scanner of mails that does, can be unsubscribed by the link in any later mail.
  - The links are texts and never fetched. Of each, topic and token are used. Who turns out not to be in the settings
    is not confirmed.
  - A link can be given again. Who is confirmed already is named, and nothing is written.
  - Wrong settings and texts without such a link are refused before the first call.
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
  links:
    description:
      - Links of confirmation mails, or whole texts of such mails. Their tokens are secret.
      - Those for the topics of other accounts are left alone, and told in RV(other_topics).
    type: list
    elements: raw
    default: []
  file:
    description: A file with such links, one per line, or with the texts of mails.
    type: path
  resend:
    description: Have SNS send a new mail to each subscriber who has not confirmed yet.
    type: bool
    default: false
attributes:
  action:
    description: Has an action plugin that runs on the controller.
    support: full
  check_mode:
    description: Writes nothing, and says whom the links would confirm by their own word, and who would be asked again.
    support: full
  diff_mode:
    description: A confirmation has no before and after.
    support: none
"""

EXAMPLES = r"""
- name: Confirm
  trailwatch.aws.stack_confirm:
    settings:
      account_id: "111111111111"
      account_name: production
      name: iam-alerting
      actions:
        - iam:CreateUser
      subscribers:
        - secops@example.com
      log_retention_days: 365
      role: OrganizationAccountAccessRole
    file: links.txt
  register: confirmed

- name: Who is confirmed
  ansible.builtin.debug:
    msg: "{{ confirmed.account_id }}: {{ confirmed.summary }}"
"""

RETURN = r"""
account_id:
  description: The account.
  type: str
  returned: always
topic_arns:
  description: The topics whose links were taken.
  type: list
  elements: str
  returned: always
  sample: ["arn:aws:sns:us-east-1:111111111111:iam-alerting"]
other_topics:
  description: The topics of the links that were left alone.
  type: list
  elements: str
  returned: always
summary:
  description: The account in one line.
  type: str
  returned: success
  sample: "confirmed: secops@example.com; asked again: on-call@example.com"
confirmed:
  description: Who was confirmed, or would be in check mode.
  type: list
  elements: str
  returned: if there was something to do
already_confirmed:
  description: Who was confirmed before, and is protected.
  type: list
  elements: str
  returned: if there was something to do
unprotected:
  description: Who was confirmed before, and can be unsubscribed by the link in a mail.
  type: list
  elements: str
  returned: if there was something to do
no_longer_valid:
  description: Whose link SNS takes no longer.
  type: list
  elements: str
  returned: if there was something to do
not_on_the_list:
  description: Who is not in the settings, and so was not confirmed.
  type: list
  elements: str
  returned: if there was something to do
asked_again:
  description: To whom SNS was told to send a new mail, or would be in check mode.
  type: list
  elements: str
  returned: if there was something to do
entered:
  description: Whether the account could be entered. If not, nothing was done there.
  type: bool
  returned: if the account fails
"""
