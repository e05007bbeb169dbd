"""What of the role's variables is accepted, and what the user is told of the rest."""

from __future__ import annotations

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.stack import settings_checks

ACCOUNT = "111111111111"


@pytest.mark.parametrize("value", [ACCOUNT, 111111111111])
def test_account_id_may_have_come_as_a_number(value: object) -> None:
    assert settings_checks.check_account_id(value) == ACCOUNT


@pytest.mark.parametrize("value", ["", "123", 12345678901, "12345678901a", None])
def test_account_id_needs_twelve_digits(value: object) -> None:
    with pytest.raises(settings_checks.SettingsError, match="account_id is .* twelve digits.*quote it"):
        settings_checks.check_account_id(value)


def test_trusted_accounts_are_the_same_in_whatever_order_they_come() -> None:
    ids = settings_checks.check_trusted_accounts(["222222222222", 111111111111, "222222222222"])
    assert ids == ("111111111111", "222222222222")


def test_trusted_account_that_is_none_is_named_with_its_place_in_the_list() -> None:
    with pytest.raises(
        settings_checks.SettingsError, match=r"iam_alerting_trusted_accounts\[1\] is 1227133513, .*quote it"
    ):
        settings_checks.check_trusted_accounts([ACCOUNT, 0o11111111111])


@pytest.mark.parametrize("name", ["", "UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"])
def test_time_zone(name: str) -> None:
    assert settings_checks.check_time_zone(name) == name


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("Berlin", "Europe/Berlin"),
        ("europe/berln", "Europe/Berlin"),
        ("New York", "America/New_York"),
        ("../x", "near"),
    ],
)
def test_unknown_time_zone_is_refused_with_near_names(name: str, nearest: str) -> None:
    with pytest.raises(settings_checks.SettingsError, match=f"iam_alerting_time_zone is '{name}'.* {nearest}.*IANA"):
        settings_checks.check_time_zone(name)


def test_controller_without_time_zones_is_told_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_checks.zoneinfo, "available_timezones", set)
    with pytest.raises(settings_checks.SettingsError, match="install the Python package tzdata"):
        settings_checks.check_time_zone("Europe/Nowhere")


@pytest.mark.parametrize(
    ("region", "configured", "expected"),
    [
        (None, None, "us-east-1"),
        ("", "eu-central-1", "us-east-1"),
        ("", "cn-northwest-1", "cn-north-1"),
        ("", "us-gov-east-1", "us-gov-west-1"),
        ("", "eusc-de-east-1", "eusc-de-east-1"),
        ("us-east-1", "eu-west-1", "us-east-1"),
        ("cn-north-1", None, "cn-north-1"),
    ],
)
def test_region_is_the_one_that_gets_iam_events(region: str | None, configured: str | None, expected: str) -> None:
    assert settings_checks.check_region(region, configured) == expected


@pytest.mark.parametrize(("region", "home"), [("eu-west-1", "us-east-1"), ("cn-northwest-1", "cn-north-1")])
def test_other_regions_are_refused_with_the_reason(region: str, home: str) -> None:
    with pytest.raises(settings_checks.SettingsError, match=f"iam_alerting_region is '{region}'.* {home} only"):
        settings_checks.check_region(region, None)


@pytest.mark.parametrize(
    ("region", "configured", "source"),
    [
        ("xx-north-1", None, "iam_alerting_region is 'xx-north-1'"),
        ("us-east", None, "iam_alerting_region is 'us-east'"),
        (None, "local", "The AWS configuration's region is 'local'"),
    ],
)
def test_a_partition_without_known_iam_region_is_refused(region: str, configured: str, source: str) -> None:
    with pytest.raises(
        settings_checks.SettingsError, match=f"{source}.*Set iam_alerting_region to one of us-east-1, cn-north-1"
    ):
        settings_checks.check_region(region, configured)


@pytest.mark.parametrize("name", ["iam-alerting", "abc", "a" + "1" * 39])
def test_names_that_suit_all_resources(name: str) -> None:
    assert settings_checks.check_name(name, ACCOUNT, "us-east-1") == name


@pytest.mark.parametrize("name", ["", "ab", "Alerts", "a_b", "a--b", "-a", "a-", "1ab", "a" * 41, "a.b", "abc\n"])
def test_names_that_one_resource_could_not_have(name: str) -> None:
    with pytest.raises(settings_checks.SettingsError, match="iam_alerting_name is .* 3 to 40 .*bucket"):
        settings_checks.check_name(name, ACCOUNT, "us-east-1")


def test_no_action_at_all_is_refused() -> None:
    with pytest.raises(settings_checks.SettingsError, match="iam_alerting_actions is empty"):
        settings_checks.check_actions([])


def test_unknown_action_is_named_with_the_variable_and_the_nearest_name() -> None:
    with pytest.raises(settings_checks.SettingsError, match="iam_alerting_actions: .*iam:CreateUsr.*iam:CreateUser"):
        settings_checks.check_actions(["iam:DeleteUser", "iam:CreateUsr"])


@pytest.mark.parametrize("key", ["trailwatch", "aws:team", "AWS:team"])
def test_reserved_tags_are_refused(key: str) -> None:
    with pytest.raises(settings_checks.SettingsError, match=f"iam_alerting_tags has the key '{key}'"):
        settings_checks.check_tags({key: "x"})


def test_tags_become_text() -> None:
    assert settings_checks.check_tags({"cost-center": 42}) == {"cost-center": "42"}


def test_presets_and_removals_are_worked_out() -> None:
    actions = settings_checks.check_actions(["minimal", "s3:DeleteBucket", "!iam:*"])
    assert "cloudtrail:StopLogging" in actions
    assert "s3:DeleteBucket" in actions
    assert not [action for action in actions if action.startswith("iam:")]


def test_unknown_preset_is_refused_under_the_name_of_the_variable() -> None:
    with pytest.raises(
        settings_checks.SettingsError, match="iam_alerting_actions: 'standrad' is no preset. Nearest: 'standard'"
    ):
        settings_checks.check_actions(["standrad"])


@pytest.mark.parametrize("seconds", [-1, 901])
def test_alerts_are_gathered_for_as_long_as_a_queue_keeps_a_message_back(seconds: int) -> None:
    with pytest.raises(settings_checks.SettingsError, match=f"iam_alerting_group_seconds is {seconds}.* 0 to 900"):
        settings_checks.check_group_seconds(seconds)
    assert [settings_checks.check_group_seconds(allowed) for allowed in (0, 900)] == [0, 900]


ARN = "arn:aws:sns:us-east-1:222222222222:on-call"


@pytest.mark.parametrize("fallback", ["", "on-call@example.com", ARN])
def test_a_fallback_is_nobody_an_address_or_a_topic(fallback: str) -> None:
    assert settings_checks.check_fallback(fallback, "watch", "111111111111", "us-east-1") == fallback


@pytest.mark.parametrize(
    ("fallback", "told"),
    [
        ("on-call", "is 'on-call'. Give one mail address, or the ARN of a standard SNS topic such as arn:aws:sns:"),
        ("a@example.com, b@example.com", "Give one mail address"),
        (f"{ARN}.fifo", "standard SNS topic"),
        (ARN.replace("us-east-1", "eu-west-1"), "of their own region only. Take a topic in us-east-1"),
        (ARN.replace("arn:aws:", "arn:aws-cn:"), "of their own region only"),
        ("arn:aws:sns:us-east-1:111111111111:watch", "a topic of the alerting itself"),
        ("arn:aws:sns:us-east-1:111111111111:watch-fallback", "a topic of the alerting itself"),
    ],
)
def test_a_fallback_that_no_alarm_could_reach_is_refused(fallback: str, told: str) -> None:
    with pytest.raises(settings_checks.SettingsError, match=f"iam_alerting_fallback .*{told}"):
        settings_checks.check_fallback(fallback, "watch", "111111111111", "us-east-1")


@pytest.mark.parametrize(
    ("executions", "group_seconds", "told"),
    [
        (0, 0, "iam_alerting_reserved_concurrency is 0, so the function would never run"),
        (-1, 0, "would never run"),
        (1, 300, "is 1, but with iam_alerting_group_seconds the function is run 2 times at once"),
    ],
)
def test_a_concurrency_with_which_alerts_would_be_lost_is_refused(
    executions: int, group_seconds: int, told: str
) -> None:
    with pytest.raises(settings_checks.SettingsError, match=told):
        settings_checks.check_reserved_concurrency(executions, group_seconds)


@pytest.mark.parametrize(("executions", "group_seconds"), [(None, 0), (None, 300), (1, 0), (2, 300)])
def test_other_concurrencies_are_taken_and_none_is_no_limit(executions: int | None, group_seconds: int) -> None:
    assert settings_checks.check_reserved_concurrency(executions, group_seconds) == executions


@pytest.mark.parametrize("minutes", [-5, 1, 4, 1441])
def test_a_heartbeat_too_often_or_too_seldom_for_an_alarm_is_refused(minutes: int) -> None:
    with pytest.raises(settings_checks.SettingsError, match=f"iam_alerting_heartbeat_minutes is {minutes}.* 5 to 1440"):
        settings_checks.check_heartbeat_minutes(minutes)
    assert [settings_checks.check_heartbeat_minutes(allowed) for allowed in (0, 5, 1440)] == [0, 5, 1440]
