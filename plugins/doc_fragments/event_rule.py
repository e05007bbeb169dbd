# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules that make EventBridge rules have in common."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  state:
    description:
      - V(present) makes the rule as asked for and enables it.
      - V(disabled) makes it as asked for and disables it.
      - V(absent) deletes it with all its shards, targets and permissions.
    type: str
    choices: [present, disabled, absent]
    default: present
  targets:
    description:
      - What the rule hands the events to, at most 5 (Amazon EventBridge User Guide, "Amazon EventBridge quotas"). All
        shards have the same targets.
      - A target is written as a whole. What its entry does not say, such as a dead-letter queue, it will not have.
      - A Lambda function without O(targets[].role_arn) gets a statement in its policy for each shard, and loses it with
        the target. The function has to exist, in the region and account of the rule. In check mode it may be missing
        yet.
      - If old and new targets together are more than 5, some of the old ones go before the new ones come.
    type: list
    elements: dict
    suboptions:
      arn:
        description: ARN of the target. FIFO queues are not supported.
        type: str
        required: true
      id:
        description:
          - What tells the target from the others of the rule, 1 to 64 letters, digits, C(.), C(-) and C(_).
          - By default it is made from the ARN, and always the same for the same ARN.
        type: str
      role_arn:
        description: ARN of the role that EventBridge assumes to invoke the target, if the target needs one.
        type: str
      dead_letter_arn:
        description:
          - ARN of the standard queue that gets the events that could not be delivered to the target.
          - The queue's policy has to let EventBridge send (Amazon EventBridge User Guide, "Using dead-letter queues").
        type: str
      maximum_retry_attempts:
        description:
          - How often delivery is tried again, 0 to 185 (Amazon EventBridge API Reference, "RetryPolicy").
          - By default EventBridge tries 185 times.
        type: int
      maximum_event_age_in_seconds:
        description:
          - How long delivery is tried, 60 to 86400 seconds (Amazon EventBridge API Reference, "RetryPolicy").
          - By default EventBridge tries for 86400 seconds, one day.
        type: int
      input:
        description:
          - What the target gets in place of the event, as a document or as JSON, at most 8192 characters (Amazon
            EventBridge API Reference, "Target").
          - It gets the event itself by default.
        type: json
  purge_targets:
    description: Remove the targets that are not in O(targets). Nothing happens if that is not set.
    type: bool
    default: true
  former_functions:
    description:
      - ARNs of functions that the rule may have invoked before. Those that are no targets lose its statement.
      - Needed only if another ARN takes the place of a function under the same id, and that run is broken off.
    type: list
    elements: str
  event_bus_name:
    description:
      - Name of the event bus, not its ARN. It has to exist.
      - CloudTrail's events arrive on the bus V(default) only. On another one they match if a rule forwards them there
        (Amazon EventBridge User Guide, "AWS service events delivered via AWS CloudTrail").
    type: str
    default: default
  regions:
    description:
      - Regions that get the rule, all alike, in place of that of the module.
      - Other regions are not looked at. To remove the rule from some, give them with O(state=absent).
      - Functions and dead-letter queues have to be in the region of their rule. What several regions can share is an
        event bus (Amazon EventBridge User Guide, "Sending and receiving events between AWS Regions").
    type: list
    elements: str
    version_added: 0.2.0
  description:
    description:
      - Description of the rule and its shards, at most 512 characters (Amazon EventBridge API Reference, "PutRule").
      - An empty text removes it.
    type: str
"""
