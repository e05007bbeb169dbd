# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a module that brings a resource into a state ends: with what differed, or with the failure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document


def reported(module: AnsibleAWSModule, ensure: Callable[[], tuple[Change, dict[str, Any]]]) -> None:
    """End the module with what came of C(ensure): what differed, which is its diff, and what else it returns.

    Whatever C(ensure) raises as AnsibleAWSError ends it with that failure.
    """
    try:
        change, result = ensure()
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    diff = {"diff": {"before": change.before, "after": change.after}} if module._diff else {}
    module.exit_json(changed=bool(change), **result, **diff)


def removed(
    module: AnsibleAWSModule, live: Document | None, delete: Callable[[Document], Any], *names: str
) -> tuple[Change, dict[str, Any]]:
    """Delete a resource that is there, unless in check mode, and tell how it was: all of it, or only C(names).

    Args:
        live: the resource; None if there is none.
        delete: deletes it, given as it is.
    """
    if live is None:
        return Change({}, {}), {}
    if not module.check_mode:
        delete(live)
    return Change({name: live[name] for name in names or live if name in live}, {}), {}
