"""Whatever is missing in the environment is named, all of it at once."""

from dataclasses import fields

import pytest

from shared.settings import QueueSettings, Settings, SettingsMissing

COMPLETE = {field.name.upper(): f"the-{field.name}" for field in fields(Settings)} | {"MAX_RECEIVES": "5"}
QUEUES = {field.name.upper(): f"https://queues/{field.name}" for field in fields(QueueSettings)}


def test_settings_are_read_from_the_environment() -> None:
    settings = Settings.from_env(COMPLETE)
    assert settings.learning_table == "the-learning_table"
    assert settings.public_url == "the-public_url"
    assert settings.max_receives == 5


@pytest.mark.parametrize("kind", [Settings, QueueSettings])
def test_all_that_is_missing_is_named_at_once(kind: type[Settings] | type[QueueSettings]) -> None:
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


def test_a_queue_is_found_by_its_name() -> None:
    assert QueueSettings.from_env(QUEUES).url("grades") == "https://queues/grades_queue_url"
