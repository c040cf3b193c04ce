"""The built front end: found once at start, kept in memory, served by exact name only.

A request can name nothing that was not found then, so there is no path to traverse. Names carry a
hash of the content, so browsers may keep them for ever.
"""

from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from bartizan.domain.errors import Misconfigured, Refused

STATIC = Path(__file__).parent / "static"
_UNBUILT = "unbuilt"
_CONTENT_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
_ENCODINGS = {"br": ".br", "gzip": ".gz"}


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What web/build.mjs says it built."""

    build: str
    entries: dict[str, str]
    preload: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Asset:
    content_type: str
    variants: dict[str, bytes]  # by content coding, "identity" always there


@dataclass(frozen=True, kw_only=True)
class Assets:
    """`manifest` is None where the front end was not built."""

    manifest: Manifest | None = None
    files: dict[str, Asset] = field(default_factory=dict)

    @property
    def build(self) -> str:
        return self.manifest.build if self.manifest is not None else _UNBUILT


def load_assets(directory: Path = STATIC) -> Assets:
    """Read the built front end; `Misconfigured` if what is there is not a build."""
    manifest_file = directory / "manifest.json"
    if not manifest_file.exists():
        return Assets()
    try:
        manifest = msgspec.json.decode(manifest_file.read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise Misconfigured("bad-front-end", str(error), str(manifest_file)) from error
    files = {
        file.name: _load(file)
        for file in sorted((directory / "assets").iterdir())
        if file.suffix in _CONTENT_TYPES
    }
    return Assets(manifest=manifest, files=files)


def _load(file: Path) -> Asset:
    variants = {"identity": file.read_bytes()}
    for coding, suffix in _ENCODINGS.items():
        sibling = file.with_name(file.name + suffix)
        if sibling.exists():
            variants[coding] = sibling.read_bytes()
    return Asset(content_type=_CONTENT_TYPES[file.suffix], variants=variants)


def serve_asset(assets: Assets, name: str, request: Request) -> Response:
    """The asset in the smallest coding that the browser takes."""
    asset = assets.files.get(name)
    if asset is None:
        raise Refused("not-found", "there is nothing here")
    coding = _choose(asset, request.headers.get("accept-encoding", ""))
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    if coding != "identity":
        headers["Content-Encoding"] = coding
    return Response(asset.variants[coding], headers=headers, media_type=asset.content_type)


def _choose(asset: Asset, accepted: str) -> str:
    wanted = {
        coding.strip().lower()
        for coding, _, quality in (each.partition(";") for each in accepted.split(","))
        if quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    }
    for coding in _ENCODINGS:
        if coding in wanted and coding in asset.variants:
            return coding
    return "identity"
