import pytest

from bartizan.app.settings import load
from bartizan.domain.errors import Misconfigured


def test_nothing_needs_to_be_set(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = load(None)
    assert settings.collector.port == 8888
    assert settings.store_url() == "sqlite:///bartizan-data/transactions.sqlite"


def test_an_unknown_key_is_an_error_that_names_it(tmp_path):
    file = tmp_path / "bartizan.toml"
    file.write_text("[collector]\nprot = 9\n")
    with pytest.raises(Misconfigured, match=r"collector\.prot") as caught:
        load(file)
    assert caught.value.code == "bad-setting"


def test_the_environment_wins_over_the_file(tmp_path, monkeypatch):
    file = tmp_path / "bartizan.toml"
    file.write_text("[collector]\nport = 1111\nhost = '127.0.0.2'\n")
    monkeypatch.setenv("BARTIZAN_COLLECTOR__PORT", "2222")
    settings = load(file)
    assert (settings.collector.port, settings.collector.host) == (2222, "127.0.0.2")


def test_tls_wants_both_files_or_neither(tmp_path):
    file = tmp_path / "bartizan.toml"
    file.write_text("[collector]\ntls_key = 'key.pem'\n")
    with pytest.raises(Misconfigured, match="both tls_certificate and tls_key"):
        load(file)


def test_a_secret_url_may_come_from_a_file(tmp_path):
    secret = tmp_path / "url"
    secret.write_text("mysql://u:p@127.0.0.1/b\n")
    file = tmp_path / "bartizan.toml"
    file.write_text(f"[store]\nurl_file = '{secret}'\n")
    assert load(file).store_url() == "mysql://u:p@127.0.0.1/b"


def test_a_file_that_is_not_toml_is_named(tmp_path):
    file = tmp_path / "bartizan.toml"
    file.write_text("[collector\n")
    with pytest.raises(Misconfigured, match=r"bartizan\.toml"):
        load(file)
