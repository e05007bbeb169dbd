# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a denied call lacks, and that the permissions of the components are those of calls that exist."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from botocore.exceptions import ClientError

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import call, call_all
from ansible_collections.trailwatch.aws.plugins.module_utils.denied import DeniedError, action
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.clients import OPERATIONS
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.components import COMPONENTS
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.writes import WRITES

SESSION = botocore.session.get_session()


def client(service: str, code: str, message: str = "no") -> Any:
    """A client whose every call is refused with this error."""
    made = SESSION.create_client(service, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")

    def refuse(model: Any, **_details: Any) -> None:
        raise ClientError({"Error": {"Code": code, "Message": message}}, model.name)

    made.meta.events.register("before-call", refuse)
    return made


def test_the_permission_is_told_where_aws_does_not() -> None:
    s3 = client("s3", "AccessDenied")
    with pytest.raises(DeniedError) as caught:
        call("read the encryption of bucket x", s3.get_bucket_encryption, Bucket="x")
    assert caught.value.permission == "s3:GetEncryptionConfiguration"
    assert str(caught.value).startswith("Failed to read the encryption of bucket x: s3:GetEncryptionConfiguration is ")
    told = caught.value.told("arn:aws:sts::111111111111:assumed-role/deployer/trailwatch", "111111111111")
    assert told.startswith(
        "arn:aws:sts::111111111111:assumed-role/deployer/trailwatch may not read the encryption of bucket x in account "
        "111111111111: it lacks the permission s3:GetEncryptionConfiguration. "
    )


def test_what_aws_says_is_missing_counts_for_more() -> None:
    said = "User: arn:aws:iam::111111111111:user/x is not authorized to perform: iam:PassRole on resource: y"
    lambda_ = client("lambda", "AccessDeniedException", said)
    with pytest.raises(DeniedError) as caught:
        call("delete function x", lambda_.delete_function, FunctionName="x")
    assert caught.value.permission == "iam:PassRole"
    told = caught.value.told("arn:aws:iam::222222222222:role/of-a-member", "222222222222")
    assert told.startswith("arn:aws:iam::111111111111:user/x may not delete function x in account 111111111111: ")


def test_all_pages_are_one_call() -> None:
    with pytest.raises(DeniedError) as caught:
        call_all("list the users", client("iam", "AccessDenied"), "list_users")
    assert caught.value.permission == "iam:ListUsers"


def test_other_errors_are_no_want_of_permission() -> None:
    with pytest.raises(AnsibleAWSError) as caught:
        call("read role x", client("iam", "NoSuchEntity").get_role, RoleName="x")
    assert not isinstance(caught.value, DeniedError)


@pytest.mark.parametrize(
    ("signed_for", "operation", "permission"),
    [
        ("monitoring", "GetMetricData", "cloudwatch:GetMetricData"),
        ("tagging", "GetResources", "tag:GetResources"),
        ("s3", "GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"),
        ("lambda", "Invoke", "lambda:InvokeFunction"),
        ("cloudtrail", "DescribeTrails", "cloudtrail:DescribeTrails"),
    ],
)
def test_permissions_have_iams_names(signed_for: str, operation: str, permission: str) -> None:
    assert action(signed_for, operation) == permission


def permissions_of_calls() -> set[str]:
    """Those of all operations of the services that the role uses."""
    services = {*OPERATIONS, "cloudwatch"}
    models = [SESSION.get_service_model(service) for service in services]
    return {action(model.signing_name, name) for model in models for name in model.operation_names}


@pytest.mark.parametrize("component", WRITES)
def test_no_permission_is_misspelt(component: str) -> None:
    assert component in COMPONENTS
    wanted = {each for permissions in WRITES[component].values() for each in permissions}
    # That one belongs to no call of its own.
    assert wanted - permissions_of_calls() <= {"iam:PassRole"}
