# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module s3_bucket_empty leaves of a bucket: nothing, so that it can be deleted."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from moto.s3.models import s3_backends

from ansible_collections.trailwatch.aws.plugins.modules import s3_bucket_empty
from ansible_collections.trailwatch.aws.tests.unit.plugins.modules.aws_calls import (
    BrokenOffError,
    answering,
    broken_off_after,
    examples,
    recorded,
    run,
    writes,
)

BUCKET = "logs-123456789012"


@pytest.fixture
def bucket(account: str) -> Any:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    return s3


def switch(s3: Any, versioning: str) -> None:
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": versioning})


def put(s3: Any, *keys: str) -> None:
    for key in keys:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"{}")


def fill(account: str, number: int) -> None:
    """As many objects, put behind moto's API, which would take seconds for them."""
    for each in range(number):
        s3_backends[account]["aws"].put_object(BUCKET, f"{each:04}", b"{}")


def empty(**options: Any) -> dict[str, Any]:
    return run(s3_bucket_empty.main, name=BUCKET, **options)


def test_versions_delete_markers_and_what_came_without_versioning_all_go(bucket: Any) -> None:
    put(bucket, "before")
    switch(bucket, "Enabled")
    put(bucket, "before", "after", "after")
    bucket.delete_object(Bucket=BUCKET, Key="after")
    switch(bucket, "Suspended")
    put(bucket, "meanwhile")
    switch(bucket, "Enabled")
    result = empty()
    assert result["changed"]
    assert result["deleted"] == 6
    bucket.delete_bucket(Bucket=BUCKET)


def test_more_than_one_call_lists_all_go(bucket: Any, account: str) -> None:
    fill(account, 1001)
    assert empty()["deleted"] == 1001
    bucket.delete_bucket(Bucket=BUCKET)


def test_an_empty_bucket_costs_one_read_and_is_no_change(bucket: Any) -> None:
    with recorded() as calls:
        result = empty()
    assert not result["changed"]
    assert len(calls) == 1


def test_no_bucket_is_no_change(account: str) -> None:
    assert not empty()["changed"]


def test_a_check_deletes_nothing(bucket: Any) -> None:
    put(bucket, "one")
    with recorded() as calls:
        result = empty(check=True)
    assert result["changed"]
    assert writes(calls) == []


def test_broken_off_it_is_completed_by_the_next_run(bucket: Any, account: str) -> None:
    fill(account, 1001)
    with broken_off_after(1), pytest.raises(BrokenOffError):
        empty()
    assert empty()["deleted"] == 1
    bucket.delete_bucket(Bucket=BUCKET)


def test_what_s3_keeps_is_named_with_the_reason(bucket: Any) -> None:
    put(bucket, "one")
    kept = {"Errors": [{"Key": "one", "VersionId": "null", "Code": "AccessDenied", "Message": "Object is locked"}]}
    with answering(DeleteObjects=kept):
        result = empty()
    assert result["failed"]
    assert "one in version null: AccessDenied: Object is locked" in result["msg"]


def test_a_name_that_no_bucket_can_have_is_named_before_any_call(account: str) -> None:
    with recorded() as calls:
        result = run(s3_bucket_empty.main, name="Logs")
    assert "name: 'Logs' is not the name of a bucket" in result["msg"]
    assert calls == []


@pytest.mark.parametrize("options", examples(s3_bucket_empty))
def test_the_examples_run(options: dict[str, Any], account: str) -> None:
    assert not run(s3_bucket_empty.main, **options).get("failed")
