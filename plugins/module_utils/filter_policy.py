# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter policies of SNS subscriptions: their order, SNS's limits, and what they keep back."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document, InvalidValueError

MESSAGE_ATTRIBUTES = "MessageAttributes"

# Amazon SNS Developer Guide, "Filter policy constraints".
NAMES_MAX = 5
COMBINATIONS_MAX = 150
BYTES_MAX = 256 * 1024

_OR = "$or"


def in_order(policy: Mapping[str, Any]) -> Document:
    """The policy with its values in one order, so that policies that mean the same are equal."""
    return {name: _in_order(name, value) for name, value in policy.items()}


def _in_order(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return in_order(value)
    if isinstance(value, list) and name != "numeric":  # a range is written as operators and numbers in turn
        return sorted((_in_order("", each) for each in value), key=lambda each: json.dumps(each, sort_keys=True))
    return value


def check_filter_policy(where: str, policy: Mapping[str, Any]) -> None:
    """Check a policy over message attributes. Alternatives (C($or)) are not counted.

    Args:
        where: what the policy is made from, to begin the text of the error with.

    Raises:
        InvalidValueError: SNS would refuse it.
    """
    values = {name: value for name, value in policy.items() if name != _OR}
    for name, value in values.items():
        if not isinstance(value, list) or not value:
            raise InvalidValueError(f"{where}: has {value!r} for {name}, and SNS wants a list of values. Give one.")
    if len(values) > NAMES_MAX:
        raise InvalidValueError(f"{where}: filters by {', '.join(values)}, and SNS takes {NAMES_MAX} names. Drop some.")
    combinations = math.prod(map(len, values.values()))
    if combinations > COMBINATIONS_MAX:
        factors = " x ".join(f"{len(value)} of {name}" for name, value in values.items())
        raise InvalidValueError(
            f"{where}: makes {combinations} combinations of values ({factors}), and SNS takes {COMBINATIONS_MAX}. "
            "Name fewer, or use prefixes."
        )
    if len(json.dumps(policy).encode()) > BYTES_MAX:
        raise InvalidValueError(f"{where}: is longer than the {BYTES_MAX} bytes that SNS takes. Name fewer values.")


def keeps_back(policy: Mapping[str, Any], attributes: Mapping[str, str]) -> bool:
    """Whether a message with these attributes certainly does not pass. Operators that are not known here may pass."""
    return any(
        name in attributes and not any(_may_match(value, attributes[name]) for value in values)
        for name, values in policy.items()
    )


def _may_match(value: Any, text: str) -> bool:
    if not isinstance(value, Mapping):
        return bool(value == text)
    if "prefix" in value:
        return text.startswith(value["prefix"])
    return True
