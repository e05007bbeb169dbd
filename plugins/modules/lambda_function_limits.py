#!/usr/bin/python
# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: lambda_function_limits
short_description: Set or remove a Lambda function's concurrency limit, and remove its layers
version_added: 0.1.0
description:
  - Sets what M(amazon.aws.lambda) cannot, the reserved concurrency of a function and an empty list of layers.
  - A reserved concurrency of 0 stops a function. A layer adds somebody's code to it.
author:
  - Trailwatch contributors (@trailwatch)
options:
  name:
    description: Name or ARN of the function.
    type: str
    required: true
  reserved_concurrent_executions:
    description:
      - How many executions at a time are reserved for the function, and the most that it may have.
      - Without it, the function has no limit of its own.
    type: int
  layers:
    description: ARNs of the layer versions that the function has. None by default.
    type: list
    elements: str
    default: []
notes:
  - Needs C(lambda:GetFunction) and, to write, C(lambda:PutFunctionConcurrency), C(lambda:DeleteFunctionConcurrency) and
    C(lambda:UpdateFunctionConfiguration).
  - A function that does not exist is an error. In check mode it counts as one that the play has yet to create.
attributes:
  diff_mode:
    description: Returns both settings before and after.
    support: full
seealso:
  - module: amazon.aws.lambda
extends_documentation_fragment:
  - trailwatch.aws.attributes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: No limit and no layers
  trailwatch.aws.lambda_function_limits:
    name: iam-alerting
    region: us-east-1

- name: Ten at a time
  trailwatch.aws.lambda_function_limits:
    name: iam-alerting
    region: us-east-1
    reserved_concurrent_executions: 10
"""

RETURN = r"""
reserved_concurrent_executions:
  description: The limit after the run. In check mode, as it would be.
  type: int
  returned: success, if there is one
layers:
  description: The layers after the run. In check mode, as they would be.
  type: list
  elements: str
  returned: success
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError, is_ansible_aws_error_code
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document, call

ARGUMENTS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "reserved_concurrent_executions": {"type": "int"},
    "layers": {"type": "list", "elements": "str", "default": []},
}


def describe(client: Any, name: str) -> Document:
    """The function's limit and layers as they are.

    Raises:
        AnsibleAWSError: the read failed, also because there is no function.
    """
    answer = call(f"read function {name}", client.get_function, FunctionName=name)
    return {
        "reserved_concurrent_executions": answer.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
        "layers": [layer["Arn"] for layer in answer["Configuration"].get("Layers") or []],
    }


def live_settings(module: AnsibleAWSModule, client: Any) -> Document:
    """The settings that are there; in check mode, those of a new function if there is none yet."""
    try:
        return describe(client, module.params["name"])
    except is_ansible_aws_error_code("ResourceNotFoundException"):
        if module.check_mode:
            return {"reserved_concurrent_executions": None, "layers": []}
        raise


def apply(client: Any, name: str, live: Document, desired: Document) -> None:
    """Write what differs.

    Raises:
        AnsibleAWSError: a call failed. What was written stays; the same again does the rest.
    """
    limit = desired["reserved_concurrent_executions"]
    if live["reserved_concurrent_executions"] != limit:
        if limit is None:
            call(f"remove the limit of function {name}", client.delete_function_concurrency, FunctionName=name)
        else:
            put = client.put_function_concurrency
            call(f"limit function {name}", put, FunctionName=name, ReservedConcurrentExecutions=limit)
    if live["layers"] != desired["layers"]:
        update = client.update_function_configuration
        call(f"set the layers of function {name}", update, FunctionName=name, Layers=desired["layers"])


def main() -> None:
    module = AnsibleAWSModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    desired = {key: module.params[key] for key in ("reserved_concurrent_executions", "layers")}
    try:
        client = module.client("lambda")
        live = live_settings(module, client)
        if live != desired and not module.check_mode:
            apply(client, module.params["name"], live, desired)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    diff = {"diff": {"before": live, "after": desired}} if module._diff else {}
    shown = {key: value for key, value in desired.items() if value is not None}
    module.exit_json(changed=live != desired, **shown, **diff)


if __name__ == "__main__":
    main()
