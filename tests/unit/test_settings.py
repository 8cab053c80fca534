"""Whatever is missing in the environment is named, all of it at once."""

from dataclasses import fields

import pytest

from shared.settings import MailSettings, QueueSettings, Settings, SettingsMissing

COMPLETE = {field.name.upper(): f"the-{field.name}" for field in fields(Settings)} | {"MAX_RECEIVES": "5"}
MAIL = {field.name.upper(): f"the-{field.name}" for field in fields(MailSettings)} | {
    "MAIL_RATE": "14",
    "MAIL_CONSUMERS": "2",
}
QUEUES = {field.name.upper(): f"https://queues/{field.name}" for field in fields(QueueSettings)}


def test_settings_are_read_from_the_environment() -> None:
    settings = Settings.from_env(COMPLETE)
    assert settings.learning_table == "the-learning_table"
    assert settings.public_url == "the-public_url"
    assert settings.max_receives == 5


@pytest.mark.parametrize("kind", [Settings, QueueSettings, MailSettings])
def test_all_that_is_missing_is_named_at_once(kind: type[Settings | QueueSettings | MailSettings]) -> None:
    with pytest.raises(SettingsMissing) as missing:
        kind.from_env({})
    for field in fields(kind):
        assert field.name.upper() in str(missing.value)


def test_what_is_there_is_not_named_and_what_is_empty_is() -> None:
    with pytest.raises(SettingsMissing) as missing:
        Settings.from_env(COMPLETE | {"DOCUMENT_BUCKET": "", "PUBLIC_URL": ""})
    assert str(missing.value) == "Missing in the environment: DOCUMENT_BUCKET, PUBLIC_URL"


@pytest.mark.parametrize("wrong", ["many", "-1", "1.5"])
def test_a_number_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(SettingsMissing, match="MAX_RECEIVES"):
        Settings.from_env(COMPLETE | {"MAX_RECEIVES": wrong})


@pytest.mark.parametrize("name", ["MAIL_RATE", "MAIL_CONSUMERS"])
def test_a_rate_of_mail_that_is_no_number_is_refused(name: str) -> None:
    with pytest.raises(SettingsMissing, match=name):
        MailSettings.from_env(MAIL | {name: "many"})


def test_the_consumers_share_the_rate_of_mail() -> None:
    assert MailSettings.from_env(MAIL).seconds_apart == 2 / 14


def test_what_is_malformed_is_named_beside_what_is_missing() -> None:
    with pytest.raises(SettingsMissing) as wrong:
        Settings.from_env(COMPLETE | {"MAX_RECEIVES": "many", "AUDIT_TABLE": ""})
    assert str(wrong.value) == (
        "Missing in the environment: AUDIT_TABLE. Not a number in the environment: MAX_RECEIVES is 'many'"
    )


def test_a_queue_is_found_by_its_name() -> None:
    assert QueueSettings.from_env(QUEUES).url("grades") == "https://queues/grades_queue_url"
