# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings of one account's alerting, which all modules take that act on a stack as a whole."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  settings:
    description: The settings of the account.
    type: dict
    required: true
    suboptions:
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
      actions:
        description: What is reported, in the form of P(trailwatch.aws.preset#lookup)'s terms.
        type: list
        elements: str
        required: true
      subscribers:
        description:
          - Mail addresses, or dictionaries of options of M(trailwatch.aws.sns_topic)'s subscriptions.
          - A dictionary may have C(minimum_severity), C(actions), C(accounts) and C(outcomes) in place of a filter
            policy.
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
      topology:
        description:
          - What part the account has. V(standalone) has all of the alerting.
          - A V(hub) has, too, and takes the events of members by a queue, so it needs C(group_seconds).
          - A V(member) has a rule that sends its events to the hub, and what that takes.
        type: str
        choices: [standalone, hub, member]
        default: standalone
      hub:
        description: Of a member, and of a hub that stands by, the id of the account of the hub that alerts.
        type: str
        default: ""
      standby:
        description: Of a hub, whether it stands by. It gets all events then, and tells of none.
        type: bool
        default: false
      standby_hub:
        description: The id of the account of the hub that stands by, if there is one.
        type: str
        default: ""
      hub_entries:
        description: By what members send their events into the hub. All of these are open, and members take the first.
        type: list
        elements: str
        choices: [queue, event_bus]
        default: [queue]
      organization:
        description:
          - Of a hub, the id of the organization whose accounts may send to it.
          - Without it, only the C(members) may, 400 at most.
        type: str
        default: ""
      beside:
        description: Of a member, whether the alerting that it had for itself goes on beside the hub's.
        type: bool
        default: true
      hub_access:
        description:
          - How the account of the hub that alerts is entered, where alerts are followed or dead letters sent on.
          - What is left out is as for the account itself.
        type: dict
        default: {}
        suboptions: &access
          role:
            description: Name or ARN of the role to assume there; empty for the caller's own credentials.
            type: str
          external_id:
            description: The external id that this role asks for.
            type: str
          profile:
            description: AWS profile that the credentials are taken from.
            type: str
      standby_access:
        description: How the account of the hub that stands by is entered, as C(hub_access).
        type: dict
        default: {}
        suboptions: *access
      members:
        description: Of a hub, the names of the members' accounts by their ids, for the alerts.
        type: dict
        default: {}
      member_engine:
        description: By what a member is enrolled. What V(stackset) makes is only compared.
        type: str
        choices: [playbook, stackset]
        default: playbook
      member_organizational_units:
        description: Of the account that has the members' stack set, the organizational units that it enrols.
        type: list
        elements: str
        default: []
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
      purge_subscribers:
        description: Whether who is subscribed, has confirmed and is not in C(subscribers) is to be unsubscribed.
        type: bool
        default: false
      reserved_concurrency:
        description:
          - How many executions at a time are reserved for the function, 1 at least.
          - Without it, the function has no limit of its own.
        type: int
      alarms:
        description:
          - Whether CloudWatch alarms watch the alerting.
          - If not, there is to be no C(alarms) and no C(fallback_topic). What is left of them is to be removed.
        type: bool
        default: true
      fallback:
        description:
          - Whom the alarms tell besides the subscribers, a mail address or the ARN of a topic in the same region.
          - For a mail address there is to be a C(fallback_topic).
        type: str
        default: ""
      trail:
        description:
          - Which trail brings the events to EventBridge.
          - V(create) is one of our own, with a bucket for its log files.
          - V(existing) is one that is there already and logs what is needed, the organization's or the account's. If
            there is none, it is a failure. A trail of our own is to be removed; its bucket is kept.
          - V(auto) is our own if it is there, else one that is there already, else a new one of our own.
          - V(organization) is the organization's, one that it has already or one of our own. It is a failure if the
            organization has one that does not serve, or if this account may make none.
        type: str
        choices: [auto, create, existing, organization]
        default: auto
      customer_key:
        description:
          - Whether a KMS key of the account encrypts log files, messages and the table.
          - Without it, AWS's own keys do. A key that is there from before stays, to read what it has encrypted.
        type: bool
        default: false
      heartbeat_minutes:
        description:
          - Every so many minutes, 5 to 1440, the function gets a heartbeat.
          - With 0 there is to be no C(heartbeat_rule). What is left of it is to be removed.
        type: int
        default: 0
      forwarding_regions:
        description:
          - Regions whose events are forwarded to that of the pipeline, a list, or V(all) for those that are enabled.
          - A region that is no longer there loses its rule, which is remembered by the rule of the action list.
        type: raw
        default: []
      tags:
        description: Tags for all resources, in addition to C(trailwatch).
        type: dict
        default: {}
"""
