# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: alert_preview
short_description: Preview the mails that CloudTrail records would give
version_added: 0.1.0
description:
  - Shows which mail the alerting would make of a CloudTrail record, how severe it is and which rule decided that,
    whether the rules of an action list would hand the record to the function at all, and whether a suppression would
    keep it quiet.
  - Of many records it counts what would be mailed, kept quiet and left out, and names suppressions that never held.
  - It runs the code of the Lambda function itself, on the controller. AWS is not asked for anything, and no
    credentials are needed.
  - What it found is printed as text, and returned as data. It serves the role P(trailwatch.aws.iam_alerting#role).
author:
  - Trailwatch contributors (@trailwatch)
requirements:
  - botocore
notes:
  - Rules are taken to be those of a first deployment, in the region that gets IAM's events. That calls which touch the
    alerting itself are told of although they are not listed is left out of account.
  - Suppressions count as of today, whenever the records are from.
options:
  path:
    description:
      - A file with an EventBridge event, a CloudTrail record, a log file of CloudTrail, the output of C(aws cloudtrail
        lookup-events), or a list of these, as JSON, gzipped or not. Up to ten records are shown with their mails; more
        are counted.
      - Or a folder. The records in all files below it that end in C(.json) or C(.json.gz) are counted, those of
        CloudTrail's digest files left out.
    type: path
    required: true
  actions:
    description: What is reported, in the form of P(trailwatch.aws.preset#lookup)'s terms.
    type: list
    elements: str
    required: true
  suppressions:
    description:
      - Events that are kept quiet, dictionaries with C(name), C(match), C(reason), C(owner) and C(expires). See
        the role P(trailwatch.aws.iam_alerting#role).
    type: list
    elements: raw
    default: []
  trusted_accounts:
    description: Ids of the accounts that roles may trust, such as the organization's.
    type: list
    elements: raw
    default: []
  time_zone:
    description: IANA name of a time zone in which mails tell the time, too. Empty for UTC alone.
    type: str
    default: ""
  group_seconds:
    description:
      - For how long alerts of the same account, action, actor, severity and outcome are held together, to count the
        mails that this leaves.
      - With V(0), they are counted for 300 seconds, as a proposal.
    type: int
    default: 0
  forwarding_regions:
    description:
      - Regions whose events are forwarded to the pipeline, or V(all). The events of other regions than that of IAM are
        left out else.
    type: list
    elements: str
    default: []
  name:
    description: The name of the pipeline, by which the function knows calls that change the alerting itself.
    type: str
    default: iam-alerting
  account_names:
    description: What accounts are called in the mails, by their ids.
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
    description: There is nothing that it could change.
    support: none
"""

EXAMPLES = r"""
- name: Show the mail of a record
  trailwatch.aws.alert_preview:
    path: record.json
    actions: [standard]

- name: Replay the log files of a bucket
  trailwatch.aws.alert_preview:
    path: ~/logs/AWSLogs
    actions: [strict, "!iam:CreateRole"]
    suppressions:
      - name: ci-deploys
        match:
          role: ci-deploy
          action: iam:*RolePolicy
        reason: The pipeline writes the policies of its own roles.
        owner: platform@example.com
        expires: "2027-06-30"
  register: replay

- name: No suppression is stale
  ansible.builtin.assert:
    that: replay.summary.suppressions | rejectattr('events') | length == 0
"""

RETURN = r"""
alerts:
  description: What comes of each record.
  type: list
  elements: dict
  returned: for a file of one to ten records
  contains:
    subject:
      description: The mail's subject.
      type: str
    body:
      description: The mail's text.
      type: str
    severity:
      description: How bad it is.
      type: str
      sample: critical
    rule:
      description: The rule that decided this, or C(catalogue), or C(not-in-catalogue).
      type: str
      sample: policy-allows-iam
    action:
      description: The action.
      type: str
      sample: iam:PutRolePolicy
    actor:
      description: Who acted, by the name that stays the same from session to session.
      type: str
    account:
      description: The account's id; empty if the record does not tell.
      type: str
    outcome:
      description: How the call ended, C(succeeded), C(denied), C(failed) or C(unknown).
      type: str
    mailed:
      description: Whether the mail would be sent.
      type: bool
    left_out:
      description: Why no rule hands the record to the function; empty if one does.
      type: str
    suppression:
      description: What keeps it quiet, C(name), C(reason), C(owner) and C(expires); empty if nothing does.
      type: dict
    note:
      description: Why a suppression that fits does not hold; empty if there is none.
      type: str
summary:
  description: What the records add up to.
  type: dict
  returned: for a folder, and for a file of more than ten records or of none
  contains:
    files:
      description: How many files were read.
      type: int
    records:
      description: How many records were in them.
      type: int
    mailed:
      description: How many of them would be mailed.
      type: int
    suppressed:
      description: How many of them a suppression would keep quiet.
      type: int
    left_out:
      description: >-
        How many of them no rule hands to the function, by the reason, C(not_listed), C(other_kind), C(elsewhere) (in a
        region whose events do not get to the rule) or C(read_only).
      type: dict
    first:
      description: The time of the first record.
      type: str
    last:
      description: The time of the last record.
      type: str
    accounts:
      description: The ids of the accounts.
      type: list
      elements: str
    rows:
      description: >-
        Counts for each C(severity), C(action) and C(actor), C(events), C(mailed), C(suppressed) (by the suppression's
        name) and C(left_out). Records that are left out are in it only if the catalogue knows their action.
      type: list
      elements: dict
    suppressions:
      description: >-
        For each suppression C(name), C(owner), C(expires), whether it has C(expired), and how many C(events) it would
        keep quiet; with none it is stale.
      type: list
      elements: dict
    notes:
      description: How many mails say that a suppression fits but does not hold, by what they say.
      type: dict
    days:
      description: How many mails there are by the day, in UTC.
      type: dict
    days_covered:
      description: How many days there are from the first record's to the last one's.
      type: int
    grouped:
      description: How many C(mails) are left if alerts are held together for C(seconds).
      type: dict
    group_seconds:
      description: What O(group_seconds) was.
      type: int
broken:
  description: The files of a folder that could not be used, each with C(file) and C(problem).
  type: list
  elements: dict
  returned: success
"""
