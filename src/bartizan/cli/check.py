"""`bartizan check`: what would go wrong at start, said before it."""

import os
import shutil
import socket
import sqlite3
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing

import click

from bartizan.accounts.people import PeopleDesk
from bartizan.app import accounts_wiring, wiring
from bartizan.app.settings import Settings
from bartizan.app.whereabouts import home
from bartizan.cli.context import load_settings
from bartizan.cli.dead_letters import size
from bartizan.domain.errors import BartizanError, Misconfigured
from bartizan.domain.redaction import AddressPolicy, RawPolicy
from bartizan.enrich.registry import places
from bartizan.kit.settings import Tls
from bartizan.kit.text import visible


@click.command()
@click.pass_context
def check(ctx: click.Context) -> None:
    """Check the settings, the disk, the listeners, the stores, scopes and the place data.

    \b
    Example:
      bartizan --settings /etc/bartizan.toml check
    """
    settings = load_settings(ctx)
    failed = 0
    for name, question in _questions(settings):
        try:
            click.echo(f"ok      {name}: {question()}")
        except BartizanError as error:
            failed += 1
            click.echo(f"WRONG   {name}: {error}")
    ctx.exit(1 if failed else 0)


def _questions(settings: Settings) -> Iterator[tuple[str, Callable[[], str]]]:
    yield "data directory", lambda: _disk(settings)
    yield "SQLite", lambda: sqlite3.sqlite_version
    yield (
        "collector",
        lambda: _listener(settings.collector, settings.collector.host, settings.collector.port),
    )
    yield (
        "console",
        lambda: _listener(settings.console, settings.console.host, settings.console.port),
    )
    yield "control store", lambda: _control(settings)
    yield "scopes", lambda: _scopes(settings)
    yield "transaction store", lambda: _transactions(settings)
    yield "dead letters", lambda: _dead_letters(settings)
    yield "map position", lambda: "{:.2f}, {:.2f}".format(*home(settings))
    if settings.oidc.is_on:
        yield "OpenID Connect", lambda: _oidc(settings)
    if settings.trusted_header.is_on:
        yield "trusted header", lambda: _trusted_header(settings)
    yield "places", lambda: _places(settings)
    yield "redaction", lambda: _redaction(settings)


def _redaction(settings: Settings) -> str:
    """Switched off is a choice, so it is told and not refused."""
    rules = settings.redaction.rules()
    if rules.takes_nothing:
        return "OFF: credentials and all else that requests carry are stored as they come"
    wiring.redactor(settings)  # reads the key, or makes it
    told = [f"{len(rules.headers)} headers", f"{len(rules.arguments)} argument names"]
    told += [pattern.value for pattern in rules.patterns]
    told += [f"{len(rules.literals)} literals"] if rules.literals else []
    if rules.raw is RawPolicy.KEPT:
        told.append("entries are KEPT as they come, for those with the right to see originals")
    if rules.addresses is AddressPolicy.PSEUDONYMS:
        told.append("addresses as pseudonyms")
    return ", ".join(told)


def _disk(settings: Settings) -> str:
    try:
        settings.data_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        free = shutil.disk_usage(settings.data_directory).free
    except OSError as error:
        raise Misconfigured("data-directory", str(error), "data_directory") from error
    if not os.access(settings.data_directory, os.W_OK):
        raise Misconfigured("data-directory", "cannot be written", str(settings.data_directory))
    if free < settings.spool.min_free_bytes:
        raise Misconfigured("disk-full", f"only {free} bytes free", "spool.min_free_bytes")
    return f"{settings.data_directory.resolve()}, {free // 1024**2} MiB free"


def _listener(tls: Tls, host: str, port: int) -> str:
    if tls.tls_certificate is not None and tls.tls_key is not None:
        try:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls.tls_certificate, tls.tls_key)
        except (OSError, ssl.SSLError) as error:
            raise Misconfigured("tls", f"cannot use the certificate and key: {error}") from error
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return f"{host}:{port} is taken: {error.strerror} (right if Bartizan is running)"
    return f"{host}:{port} is free" + (", TLS" if tls.tls_certificate else "")


def _control(settings: Settings) -> str:
    store = wiring.control(settings)
    try:
        return f"{len(store.sensors())} sensors, {len(store.people())} people"
    finally:
        store.close()


def _scopes(settings: Settings) -> str:
    """Whoever has a scope that shows nothing would only wonder why there is nothing."""
    with wiring.accounts(settings) as accounts:
        blind = [f"{visible(who)}: {visible(why)}" for who, why in accounts.views.blind()]
    if blind:
        raise Misconfigured("bad-scope", f"these see nothing: {'; '.join(blind)}")
    return "all of them can be read"


def _transactions(settings: Settings) -> str:
    store = wiring.transactions(settings)
    try:
        return "reachable" if store.last_id() else "reachable, empty"
    finally:
        store.close()


def _dead_letters(settings: Settings) -> str:
    box = wiring.dead_letters(settings)
    try:
        summary = wiring.dead_letter_desk(settings, box).summary()
    finally:
        box.close()
    used = f"{summary.letters:,}, {size(summary.size_bytes)} of {size(summary.room_bytes)}"
    if summary.size_bytes > summary.room_bytes:
        hint = "their room is used up, and they take from the queue's"
        raise Misconfigured("dead-letters", f"{used}: {hint}", "spool.max_dead_letter_bytes")
    return used


def _oidc(settings: Settings) -> str:
    with closing(wiring.control(settings)) as store:
        login, _ = accounts_wiring.oidc(settings, store, PeopleDesk(store))
        if login is None:
            return "off"
        login.begin("/")
    return f"{settings.oidc.issuer} answers"


def _trusted_header(settings: Settings) -> str:
    accounts_wiring.check_rules(settings.trusted_header.groups, "trusted_header.groups")
    believed = f"believed from {', '.join(settings.trusted_header.proxies)}"
    warning = accounts_wiring.open_door(settings)
    return believed if warning is None else f"{believed}. Mind: {warning}"


def _places(settings: Settings) -> str:
    attribution = places(settings.enrich).attribution()
    return " ".join(
        part for part in (attribution.text, attribution.date, attribution.notice) if part
    )
