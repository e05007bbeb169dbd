#!/usr/bin/python
# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: lambda_event_invoke_config
short_description: Manage how Lambda treats a function's asynchronous invocations
version_added: 0.2.0
description:
  - Sets how often and for how long AWS Lambda tries to run a function with an event that it was given asynchronously,
    and where the event goes then.
  - All of it is set as a whole. What an option does not say is Lambda's default, and not what was there before.
  - A destination for failures gets the event together with the error, unlike a dead-letter queue. A function that has
    both hands on each failed event twice.
author:
  - Trailwatch contributors (@trailwatch)
options:
  name:
    description: Name or ARN of the function.
    type: str
    required: true
  state:
    description:
      - V(present) makes the settings as asked for.
      - V(absent) takes them away, so that Lambda's defaults hold and no destination is left.
    type: str
    choices: [present, absent]
    default: present
  maximum_retry_attempts:
    description: How often an event is tried again after the function failed, 0 to 2.
    type: int
    default: 2
  maximum_event_age_in_seconds:
    description:
      - For how many seconds, 60 to 21600, Lambda keeps an event that it cannot run the function with, because the
        function is throttled, fails, or because of an error of Lambda's own.
    type: int
    default: 21600
  on_success:
    description: ARN of the queue, topic, function or event bus that gets what the function answered. None by default.
    type: str
    default: ""
  on_failure:
    description:
      - ARN of the queue, topic, function, event bus or bucket that gets the events that failed. None by default.
      - The role of the function must be allowed to write there, which Lambda checks.
    type: str
    default: ""
notes:
  - Needs C(lambda:GetFunctionEventInvokeConfig) and, to write, C(lambda:PutFunctionEventInvokeConfig),
    C(lambda:DeleteFunctionEventInvokeConfig).
  - A function that does not exist is an error when there is something to set. In check mode it counts as one that the
    play has yet to create.
attributes:
  diff_mode:
    description: Returns the settings before and after.
    support: full
seealso:
  - module: amazon.aws.lambda
  - name: AWS Lambda API Reference
    description: All settings and their limits.
    link: https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
extends_documentation_fragment:
  - trailwatch.aws.attributes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: What fails goes to a queue
  trailwatch.aws.lambda_event_invoke_config:
    name: iam-alerting
    region: us-east-1
    on_failure: arn:aws:sqs:us-east-1:111111111111:iam-alerting-dlq

- name: One try, and no event that is older than ten minutes
  trailwatch.aws.lambda_event_invoke_config:
    name: thumbnails
    region: us-east-1
    maximum_retry_attempts: 0
    maximum_event_age_in_seconds: 600

- name: As Lambda has it
  trailwatch.aws.lambda_event_invoke_config:
    name: thumbnails
    region: us-east-1
    state: absent
"""

RETURN = r"""
event_invoke_config:
  description: The settings after the run, in Lambda's terms. In check mode, as they would be. Empty if there are none.
  type: dict
  returned: success
  sample:
    MaximumRetryAttempts: 2
    MaximumEventAgeInSeconds: 21600
    DestinationConfig:
      OnFailure:
        Destination: arn:aws:sqs:us-east-1:111111111111:iam-alerting-dlq
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.trailwatch.aws.plugins.module_utils import event_invoke_config
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document

ARGUMENTS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "maximum_retry_attempts": {"type": "int", "default": 2},
    "maximum_event_age_in_seconds": {"type": "int", "default": 21600},
    "on_success": {"type": "str", "default": ""},
    "on_failure": {"type": "str", "default": ""},
}


def asked_for(params: dict[str, Any]) -> Document:
    """The desired settings, of what the options say.

    Raises:
        InvalidValueError: Lambda would not take one of the values.
    """
    if params["state"] == "absent":
        return {}
    return event_invoke_config.settings(
        params["maximum_retry_attempts"],
        params["maximum_event_age_in_seconds"],
        params["on_success"],
        params["on_failure"],
    )


def main() -> None:
    module = AnsibleAWSModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        desired = asked_for(module.params)
        client = module.client("lambda")
        live = event_invoke_config.describe(client, module.params["name"])
        if live != desired and not module.check_mode:
            event_invoke_config.apply(client, module.params["name"], desired)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    diff = {"diff": {"before": live, "after": desired}} if module._diff else {}
    module.exit_json(changed=live != desired, event_invoke_config=desired, **diff)


if __name__ == "__main__":
    main()
