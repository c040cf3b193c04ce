"""The house rules that a machine can check: names, documentation of public names, kept promises."""

import re
from pathlib import Path

from pydantic import BaseModel

from bartizan.app.settings import Settings
from bartizan.cli.main import program

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "bartizan"
BANNED = {
    "utils",
    "helpers",
    "common",
    "misc",
    "manager",
    "base",
    "core",
    "processor",
    "handler",
}


def _settings_keys(model: type[BaseModel], prefix: str = "") -> list[str]:
    keys = []
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            keys += _settings_keys(kind, f"{prefix}{name}.")
        else:
            keys.append(prefix + name)
    return keys


def test_no_file_has_a_name_that_says_nothing():
    words = {
        (word, path)
        for path in [*SOURCE.rglob("*.py"), *(ROOT / "web" / "src").rglob("*.ts*")]
        for word in re.split(r"[_.\-]", path.name)[:-1]
    }
    assert [pair for pair in words if pair[0] in BANNED] == []


def test_no_class_has_a_name_that_says_nothing():
    pattern = re.compile(r"^\s*class (\w+)", re.MULTILINE)
    names = [name for path in SOURCE.rglob("*.py") for name in pattern.findall(path.read_text())]
    assert len(names) > 20
    assert [
        name for name in names if any(name.lower().strip("_").endswith(word) for word in BANNED)
    ] == []


def test_every_module_says_what_it_is_for():
    silent = [
        path
        for path in SOURCE.rglob("*.py")
        if not path.read_text().lstrip().startswith(('"""', 'r"""'))
    ]
    assert [path for path in silent if path.read_text().strip()] == []


def test_every_setting_is_documented():
    page = (ROOT / "docs" / "settings.md").read_text()
    keys = _settings_keys(Settings)
    assert len(keys) > 20
    missing = [key for key in keys if f"`{key.rsplit('.', 1)[-1]}`" not in page]
    assert missing == []


def test_every_metric_is_documented():
    names = re.findall(r'"(bartizan_\w+)"', (SOURCE / "kit" / "metrics.py").read_text())
    page = (ROOT / "docs" / "metrics.md").read_text()
    assert len(names) > 5
    assert [name for name in names if f"`{name}`" not in page] == []


def test_every_command_has_help_with_an_example():
    context = program.make_context("bartizan", ["check"])
    commands = {name: program.get_command(context, name) for name in program.list_commands(context)}
    for name, command in list(commands.items()):
        commands |= {f"{name} {sub}": one for sub, one in getattr(command, "commands", {}).items()}
    assert len(commands) > 12
    assert [name for name, one in commands.items() if "bartizan" not in (one.help or "")] == []


def test_every_command_is_in_the_changelog_or_the_docs():
    text = "".join(path.read_text() for path in ROOT.glob("docs/*.md"))
    context = program.make_context("bartizan", ["check"])
    names = program.list_commands(context)
    assert [name for name in names if f"bartizan {name}" not in text] == []


def test_every_promise_we_keep_has_a_test_marked_with_it():
    page = (ROOT / "docs" / "promises.md").read_text()
    kept = set(re.findall(r"^\| ([RS]\d+) \|.*\| kept \|", page, re.MULTILINE))
    tests = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    marked = set(re.findall(r'promise\("([RS]\d+)"', tests))
    assert len(kept) > 5
    assert kept - marked == set()


def test_no_lock_file_says_where_packages_come_from():
    locks = [file for file in ROOT.glob("**/package-lock.json") if "node_modules" not in file.parts]
    requirements = list(ROOT.glob("requirements/*.txt"))
    assert len(locks) >= 2
    assert len(requirements) >= 3
    assert [file for file in locks if '"resolved"' in file.read_text()] == []
    assert [file for file in requirements if re.search("://|-index", file.read_text())] == []
