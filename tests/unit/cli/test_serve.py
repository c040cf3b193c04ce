"""The command line of `bartizan serve`; what it starts is tested with real sensors and browsers."""

import pytest
from click.testing import CliRunner

from bartizan.cli.main import program


@pytest.mark.parametrize("share", ["0/2", "3/2", "1", "a/b", "1/", "-1/2", "/"])
def test_a_share_that_is_none_is_a_usage_error(share, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(program, ["serve", "--role", "worker", "--share", share])
    assert result.exit_code == 2
    assert "K/N" in result.output


def test_a_role_that_is_none_is_a_usage_error():
    assert CliRunner().invoke(program, ["serve", "--role", "handler"]).exit_code == 2
