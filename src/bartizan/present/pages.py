"""The pages: one shell of HTML for all of them, which holds no data and needs no login."""

from html import escape

from starlette.requests import Request
from starlette.responses import Response

from bartizan.present.assets import Assets, serve_asset
from bartizan.present.parts import parts
from bartizan.present.route import Permission, Route

_SHELL = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<title>Bartizan</title>
{links}
</head>
<body>
<div id="app"></div>
<noscript>The console of Bartizan needs JavaScript.</noscript>
</body>
</html>
"""
_UNBUILT = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Bartizan</title></head>
<body>
<h1>The console has not been built</h1>
<p>Receiving and the API work. To build the console, run
<code>npm ci &amp;&amp; node build.mjs</code> in <code>web/</code> of the checkout, or
<code>make run</code>, and start Bartizan again.</p>
</body>
</html>
"""


def shell(assets: Assets) -> str:
    """The page that loads the front end; no inline script or style, so that the policy holds."""
    manifest = assets.manifest
    if manifest is None:
        return _UNBUILT
    entries = [f"/{escape(path)}" for path in manifest.entries.values()]
    links = ['<link rel="icon" href="data:,">']
    links += [f'<link rel="stylesheet" href="{path}">' for path in entries if path.endswith(".css")]
    links += [f'<link rel="modulepreload" href="/{escape(path)}">' for path in manifest.preload]
    links += [
        f'<script type="module" src="{path}"></script>' for path in entries if path.endswith(".js")
    ]
    return _SHELL.format(links="\n".join(links))


async def show_page(request: Request) -> Response:
    return _shell_answer(request, 200)


def wants_page(request: Request) -> bool:
    """Whether a person looks for a page at this address, rather than a program for data."""
    return (
        request.method in {"GET", "HEAD"}
        and not request.url.path.startswith(("/api/", "/assets/"))
        and "text/html" in request.headers.get("accept", "").lower()
    )


def page_not_found(request: Request) -> Response:
    """The same shell with status 404; the front end says so in its own words."""
    return _shell_answer(request, 404)


def _shell_answer(request: Request, status: int) -> Response:
    content = shell(parts(request).assets)
    headers = {"Cache-Control": "no-store"}
    return Response(content, status, headers, "text/html; charset=utf-8")


async def show_asset(request: Request, name: str) -> Response:
    return serve_asset(parts(request).assets, name, request)


_PAGES = (
    "/",
    "/map",
    "/transactions",
    "/transactions/{transaction_id}",
    "/compare/{first}/{second}",
    "/lookup",
    "/overview",
    "/hosts",
    "/sensors",
    "/sensors/{name}",
    "/add-sensor",
    "/dead-letters",
    "/dead-letters/{letter_id}",
    "/redaction",
    "/retention",
    "/account",
    "/people",
    "/sessions",
    "/tokens",
    "/trail",
    "/welcome",
    "/login",
    "/setup",
)
ROUTES: tuple[Route, ...] = (
    *(
        Route(
            methods=("GET", "HEAD"),
            path=path,
            endpoint=show_page,
            permission=Permission.OPEN,
            summary="A page of the console.",
        )
        for path in _PAGES
    ),
    Route(
        methods=("GET", "HEAD"),
        path="/assets/{name}",
        endpoint=show_asset,
        permission=Permission.OPEN,
        summary="A file of the built front end.",
    ),
)
