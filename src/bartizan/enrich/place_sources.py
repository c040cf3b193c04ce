"""Where place data come from on this machine, and whose they are.

One city database at a time: the operator's own, else one that geoipupdate or a package keeps in the
usual folders, else the embedded DB-IP City Lite (the package bartizan-geo-dbip). Without any of
them, and for addresses they do not know, the registries' delegations say at least the country.
"""

import importlib
import importlib.util
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import iptocc

from bartizan.domain.attribution import Attribution
from bartizan.domain.errors import Misconfigured
from bartizan.enrich.address import Address
from bartizan.enrich.place_file import Mark, PlaceFile, mark
from bartizan.kit import log

_LOG = log.get("enrich")
_EMBEDDED = "bartizan_geo_dbip"
_USUAL_FOLDERS = (Path("/usr/share/GeoIP"), Path("/var/lib/GeoIP"))
_USUAL_NAMES = ("GeoIP2-City.mmdb", "GeoLite2-City.mmdb", "dbip-city-lite.mmdb")
_NO_CITIES = (
    "No city database is installed: clients are drawn in the middle of their country. "
    "docs/places.md says how to add one."
)


class Credit(NamedTuple):
    """What a database's licence wants to be shown."""

    text: str
    url: str | None


_MAXMIND = Credit(
    "This product includes GeoLite2 data created by MaxMind", "https://www.maxmind.com"
)
_DBIP = Credit("IP Geolocation by DB-IP", "https://db-ip.com")
_IPINFO = Credit("IP address data powered by IPinfo", "https://ipinfo.io")


class Chosen(NamedTuple):
    """The files of the city database in use (none, one, or one per address family)."""

    files: tuple[PlaceFile, ...]
    notice: str | None = None

    def attribution(self) -> Attribution:
        if not self.files:
            notice = f"{self.notice} {_NO_CITIES}" if self.notice else _NO_CITIES
            return Attribution(text=f"Countries from {country_source()}", notice=notice)
        credit = _credit(self.files[0])
        return Attribution(
            text=credit.text, url=credit.url, date=self.files[0].date, notice=self.notice
        )


def state(city_database: Path | None) -> tuple[tuple[Path, Mark | None], ...]:
    """Changes when a database appears, goes or is replaced. A few `stat` calls."""
    return tuple((path, mark(path)) for paths in _candidates(city_database) for path in paths)


def choose(city_database: Path | None, now: Chosen | None = None) -> Chosen:
    """Open the best database that can be used. One that cannot is told, never an error.

    If that is the one in use `now`, it is only renewed: a damaged new file changes nothing.
    """
    notice = None
    if city_database is not None and not city_database.is_file():
        notice = f"{city_database} does not exist; another source of places is used instead."
    for paths in _candidates(city_database):
        if now is not None and paths == tuple(file.path for file in now.files):
            for file in now.files:
                file.reload_if_changed()
            return Chosen(now.files, notice)
        try:
            return Chosen(tuple(PlaceFile(path) for path in paths), notice)
        except Misconfigured as error:
            _LOG.warning("place.file.refused", path=error.where, reason=error.message)
            if city_database in paths:
                notice = f"{error}: another source of places is used instead."
    return Chosen((), notice)


def country_code(address: Address) -> str | None:
    """The country whose registry account holds the address (PyPI `iptocc`, about 1 us)."""
    code: str | None = iptocc.country_code(str(address))
    return code


def country_source() -> str:
    return f"RIR delegations (iptocc {version('iptocc')})"


def _candidates(city_database: Path | None) -> tuple[tuple[Path, ...], ...]:
    """The databases that exist here, best first, each as its files."""
    usual = [folder / name for name in _USUAL_NAMES for folder in _USUAL_FOLDERS]
    paths = [city_database, *usual] if city_database else usual
    return (*(_with_sibling(path) for path in paths if path.is_file()), *_embedded())


def _with_sibling(path: Path) -> tuple[Path, ...]:
    """ip-location-db has one file per address family: with either, the other is used too."""
    for one, other in (("ipv4", "ipv6"), ("ipv6", "ipv4")):
        sibling = path.with_name(path.name.replace(one, other))
        if sibling != path and sibling.is_file():
            return path, sibling
    return (path,)


def _embedded() -> tuple[tuple[Path, ...], ...]:
    """The files of bartizan-geo-dbip, if that package is installed and whole."""
    if importlib.util.find_spec(_EMBEDDED) is None:
        return ()
    package = importlib.import_module(_EMBEDDED)
    files = tuple(sorted(package.directory().glob("*.mmdb")))
    return (files,) if files else ()


def _credit(file: PlaceFile) -> Credit:
    # ip-location-db writes no maker into its files, so the file's name has to tell.
    text = f"{file.database} {file.path.name}".lower()
    for sign, credit in (
        ("dbip", _DBIP),
        ("db-ip", _DBIP),
        ("geolite", _MAXMIND),
        ("ipinfo", _IPINFO),
    ):
        if sign in text:
            return credit
    return Credit(f"Places from {file.database}", None)
