r"""A line of an error log: Apache's, nginx's, or another program's in which Coraza's host logs.

    [Mon Nov 23 05:21:44.827199 2026] [security2:error] [pid 1:tid 2] [client C:P] [client C]
    ModSecurity: MESSAGE [hostname "H"] [uri "U"] [unique_id "I"][, referer: R]

    2026/11/23 01:55:10 [error] 7420#7420: *74 [client C] ModSecurity: MESSAGE, client: C,
    server: S, request: "GET /p HTTP/1.1", host: "H"[, referrer: "R"]

    ANYTHING [client "C"] Coraza: MESSAGE                            (each of them in one line)

Nearly all lines of an error log are other modules', and those quote clients as they like. So a
message counts only where its own module puts it: directly behind what Apache or nginx write in
front, in Apache under the name of its module; before Coraza's, no quotation mark.

Apache escapes a message once more, with doubled backslashes, so one level of escapes is undone
before the message is read.
"""

import re
from datetime import datetime
from enum import Enum
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address

from bartizan.decode import coraza_message, message, modsecurity3_message, part_a, wall_clock
from bartizan.decode.defects import DefectCode
from bartizan.decode.escapes import unescaped, unescaped_apache, unhexed_unprintable
from bartizan.decode.http_head import Headers
from bartizan.domain.transaction import Endpoint, RuleMatch, Zone
from bartizan.kit.clock import to_us
from bartizan.kit.struct import Struct
from bartizan.kit.text import text

# What rsyslog or journald put in front of a line they pass on.
_SYSLOG = (
    rb"(?:(?:<\d{1,3}>)?(?:1 )?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d"
    rb"|\d{4}-\d\d-\d\dT[\d:.]{8,15}(?:Z|[+-]\d\d:?\d\d))"
    rb" \S{1,255} [\w./-]{1,64}(?:\[\d{1,10}\])?: )?"
)
_APACHE = re.compile(
    _SYSLOG
    + rb"\[(?P<stamp>[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,9})? \d{4})\]"
    rb"(?: \[(?:(?P<module>[a-z_0-9]{0,32}):)?[a-z0-9]{3,10}\])?"
    rb"(?P<thread>(?: \[(?!client )[^\]\n]{0,64}\]){0,4}) "
    rb"(?:[\w./-]{1,64}\(\d{1,6}\): )?"
    rb"(?:\[client (?P<peer>[^\]\n]{0,64})\] )?(?:\[client (?P<client>[^\]\n]{0,64})\] )?"
)
_NGINX = re.compile(
    _SYSLOG + rb"(?P<stamp>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) \[[a-z]{3,6}\]"
    rb" (?P<thread>\d{1,10}#\d{1,10}: (?:\*\d{1,20} )?)(?:\[client (?P<client>[^\]\"\n]{0,64})\] )?"
)
# None: Apache 2.2 does not say.
_MODULES = frozenset((None, b"", b"security2", b"security3"))
_PREFIX = modsecurity3_message.PREFIX
_ACTIONS = (b"Warning. ", b"Access ", b"Paused Access ")
_CORAZA = rb'\[client "[^"\n]{0,256}"\] Coraza: (?:Warning|Access|Custom)'
_OF_CORAZA = re.compile(_CORAZA)
# Another program's line may have a time, a level and the like in front.
_BEFORE_CORAZA = re.compile(
    rb"(?:\[?(?P<stamp>\d{4}[/-]\d\d[/-]\d\d[ T]\d\d:\d\d:\d\d(?:\.\d{1,9})?"
    rb"(?:Z|[+-]\d\d:?\d\d)?))?"
    rb'[^"\n]{0,256}?(?=' + _CORAZA + rb")"
)
_UNIQUE_ID = b' [unique_id "'
_HOSTNAME = b' [hostname "'
_REF = b'"] [ref "'
_QUOTED = rb'"([^"\\]*+(?:\\.[^"\\]*+)*+)"'
_TAIL = re.compile(
    rb"(?: \[hostname " + _QUOTED + rb"\])?(?: \[uri " + _QUOTED + rb"\])?"
    rb' \[unique_id "([^"\\]{0,1024}+)"\](?:(, referer: )|$)',
    re.DOTALL,
)
_PROTOCOL = re.compile(rb'(?: (HTTP/\d(?:\.\d)?))?"(?=, |$)')
_WHILE = re.compile(rb"(?: while [a-z ]{1,64})?, client: ")
_SERVER = b", server: "
_REQUEST = b', request: "'
_HOST = b', host: "'
_REFERRER = b', referrer: "'
# nginx's own limit, without the newline; Apache's is 8,192 for the line and what it is made from.
_NGINX_LIMIT = 2047
_APACHE_LIMIT = 8000
_LAST_PORT = 65535
_FIRST_YEAR, _LAST_YEAR = 1970, 2199


class Kind(Enum):
    """Which grammar the message of a line has."""

    MODSECURITY2 = "ModSecurity 2"
    MODSECURITY3 = "ModSecurity 3"
    CORAZA = "Coraza"
    FOREIGN = "another program's line"


class Frame(Struct, frozen=True):
    """What stands around a message, which begins at `begin`.

    `thread` tells lines of one connection from those of others, as far as the log does. `client` is
    an address, `peer` one with a port, in front of the message. `is_cut`: the end of the line is
    missing.
    """

    kind: Kind
    begin: int
    stamp: bytes
    thread: bytes
    client: bytes | None = None
    peer: bytes | None = None
    is_nginx: bool = False
    is_cut: bool = False


_FOREIGN = Frame(Kind.FOREIGN, 0, b"", b"")


class Line(Struct, frozen=True, kw_only=True):
    """One match, and what its line says of the transaction. `headers` are those it names."""

    match: RuleMatch
    status: int | None = None
    unique_id: str | None = None
    client: Endpoint = Endpoint()
    method: str | None = None
    uri: str | None = None
    protocol: str | None = None
    headers: Headers = ()
    defect: DefectCode | None = None
    detail: str = ""


def frame(line: bytes) -> Frame | None:
    """What stands around the message of a line without its newline; None if it is of no error log.

    The line must be unwrapped (`logger_line`). Cheap: it is asked for every line.
    """
    found = _NGINX.match(line)
    if found is not None:
        return _nginx_frame(line, found)
    found = _APACHE.match(line)
    if found is not None:
        return _apache_frame(line, found)
    found = _BEFORE_CORAZA.match(line) if coraza_message.MARK in line else None
    if found is not None:
        return Frame(Kind.CORAZA, found.end(), found["stamp"] or b"", b"")
    return None


def _nginx_frame(line: bytes, found: "re.Match[bytes]") -> Frame:
    begin = found.end()
    kind = Kind.FOREIGN
    if line.startswith(_PREFIX, begin) and line.startswith(_ACTIONS, begin + len(_PREFIX)):
        kind = Kind.MODSECURITY3
    elif _OF_CORAZA.match(line, begin):
        kind = Kind.CORAZA
    if kind is Kind.FOREIGN:
        return _FOREIGN
    is_cut = len(line) - found.start("stamp") >= _NGINX_LIMIT or _REF not in line
    stamp, thread, client = found.group("stamp", "thread", "client")
    return Frame(kind, begin, stamp, thread, client, is_nginx=True, is_cut=is_cut)


def _apache_frame(line: bytes, found: "re.Match[bytes]") -> Frame:
    begin = found.end()
    stamp, module, thread, peer, client = found.group("stamp", "module", "thread", "peer", "client")
    kind = _kind_in_apache(line, begin, module) if module in _MODULES else Kind.FOREIGN
    if kind is Kind.FOREIGN:
        return _FOREIGN
    is_cut = len(line) >= _APACHE_LIMIT or _UNIQUE_ID not in line
    thread += b" " + (peer or b"")
    return Frame(kind, begin, stamp, thread, client, peer, is_cut=is_cut)


def _kind_in_apache(line: bytes, begin: int, module: bytes | None) -> Kind:
    """Of ModSecurity's own lines, those about a transaction name it, or were cut."""
    if _OF_CORAZA.match(line, begin):
        return Kind.CORAZA
    if not line.startswith(_PREFIX, begin):
        return Kind.FOREIGN
    at = line.find(_UNIQUE_ID, begin)
    if at < 0 and not line.startswith(_ACTIONS, begin + len(_PREFIX)):
        return Kind.FOREIGN
    if module == b"security2" or at < 0 or line.find(_REF, at) < 0:
        return Kind.MODSECURITY2
    return Kind.MODSECURITY3


def unique_id(line: bytes, framed: Frame) -> str | None:
    """The transaction of a line that is not foreign; None if it cannot be told."""
    at = line.find(_UNIQUE_ID, framed.begin)
    if at < 0:
        return None
    begin = at + len(_UNIQUE_ID)
    end = line.find(b'"]', begin)
    is_plain = end > 0 and b"\\" not in line[begin:end]
    if is_plain and not framed.is_cut and line.find(_UNIQUE_ID, begin) < 0:
        return text(line[begin:end]) or None
    return read(line, framed).unique_id


def time_of(framed: Frame) -> tuple[int | None, Zone]:
    """Microseconds since the epoch, of a clock without a zone as if it were in UTC; or None."""
    stamp = framed.stamp
    if not stamp[:4].isdigit():
        return wall_clock.ctime(stamp), Zone.ASSUMED
    at_us = wall_clock.slashed(stamp.replace(b"T", b" ").replace(b"-", b"/"))
    if at_us is not None:
        return at_us, Zone.ASSUMED
    try:
        moment = datetime.fromisoformat(stamp.replace(b"/", b"-").decode("ascii"))
    except ValueError:
        return None, Zone.ASSUMED
    if moment.tzinfo is None or not _FIRST_YEAR < moment.year < _LAST_YEAR:
        return None, Zone.ASSUMED
    return to_us(moment), Zone.STATED


def read(line: bytes, framed: Frame) -> Line:
    """Read the message of a line that is not foreign. Total, linear; believes nothing forged."""
    said = line[framed.begin :]
    if framed.kind is Kind.CORAZA:
        return _read_coraza(said, framed)
    if framed.is_nginx:
        return _read_modsecurity3(said, framed)
    said = unescaped_apache(said)
    if framed.kind is Kind.MODSECURITY3:
        return _read_modsecurity3(said, framed)
    return _read_modsecurity2(said[len(_PREFIX) :], framed)


def _read_coraza(said: bytes, framed: Frame) -> Line:
    one = coraza_message.read(said)
    if one is None:  # `frame` has seen its beginning
        return Line(match=RuleMatch(), defect=DefectCode.MESSAGE_CUT)
    client = Endpoint(address=part_a.address(one.client)) if one.client else None
    return Line(
        match=one.match,
        unique_id=one.unique_id or None,
        client=client or _client(framed),
        uri=one.uri,
        defect=one.defect,
        detail=one.detail,
    )


def _read_modsecurity3(said: bytes, framed: Frame) -> Line:
    one = modsecurity3_message.read(said, is_followed=True, is_cut=framed.is_cut)
    request = _Request() if one.end == 0 else _request(said, one.end)
    return Line(
        match=one.match,
        status=one.status,
        unique_id=text(one.unique_id) if one.unique_id else None,
        client=request.client or _client(framed),
        method=request.method,
        uri=request.uri or (unhexed_unprintable(one.uri) if one.uri else None),
        protocol=request.protocol,
        headers=request.headers,
        defect=one.defect,
        detail=one.detail,
    )


class _Request(Struct, frozen=True):
    client: Endpoint | None = None
    method: str | None = None
    uri: str | None = None
    protocol: str | None = None
    headers: Headers = ()


def _request(said: bytes, at: int) -> _Request:
    """What nginx adds: `, client: C, server: S, request: "..."`. Unescaped, so read in order."""
    found = _WHILE.match(said, at)
    if found is None:
        return _Request()
    at = found.end()
    end = said.find(_SERVER, at)
    request_at = said.find(_REQUEST, end)
    if not 0 <= end <= request_at:
        return _Request()
    client = Endpoint(address=part_a.address(said[at:end]))
    begin = request_at + len(_REQUEST)
    ending = _PROTOCOL.search(said, begin)
    if ending is None:  # the rest is cut
        return _Request(client)
    method, _, uri = said[begin : ending.start()].partition(b" ")
    headers = []
    host_at = said.find(_HOST, ending.end())
    if host_at >= 0:
        host, quote, _ = said[host_at + len(_HOST) :].partition(b'"')
        headers += [("Host", text(host))] if quote else []
        referrer_at = said.find(_REFERRER, host_at)
        if referrer_at >= 0 and said.endswith(b'"'):
            headers += [("Referer", text(said[referrer_at + len(_REFERRER) : -1]))]
    protocol = text(ending[1]) if ending[1] else None
    return _Request(client, text(method) or None, text(uri) or None, protocol, tuple(headers))


def _read_modsecurity2(said: bytes, framed: Frame) -> Line:
    """A name can forge an end before the real one, a referrer behind it: two, and none counts."""
    tails = _tails(said)
    client = _client(framed)
    if framed.is_cut or len(tails) != 1:
        is_denial = said.startswith(b"Access denied")
        code = DefectCode.MESSAGE_CUT if framed.is_cut else DefectCode.METADATA_DOUBTFUL
        return Line(match=RuleMatch(disruptive=is_denial), client=client, defect=code)
    tail = tails[0]
    host, uri, unique, referer = tail.groups()
    one = message.read(said[: tail.start()].rstrip(b"\n"))
    headers = [("Host", unescaped(host))] if host else []
    headers += [("Referer", text(said[tail.end() :]))] if referer else []
    return Line(
        match=one.match,
        status=one.status,
        unique_id=text(unique) or None,
        client=client,
        uri=unescaped(uri) if uri else None,
        headers=tuple(headers),
        defect=one.defect,
        detail=one.detail,
    )


def _tails(said: bytes) -> list[re.Match[bytes]]:
    """The ends that a message may have. Nearly always there is one, found at once."""
    at = said.find(_UNIQUE_ID)
    if at >= 0 and said.find(_UNIQUE_ID, at + 1) < 0:
        usual = _TAIL.match(said, max(said.rfind(_HOSTNAME, 0, at), 0))
        if usual is not None:
            return [usual]
    return list(_TAIL.finditer(said))


def _client(framed: Frame) -> Endpoint:
    return _endpoint(framed.client or b"", framed.peer or b"")


@lru_cache(maxsize=1024)
def _endpoint(client: bytes, peer: bytes) -> Endpoint:
    """From `C` and `C:P`. Since 2.9.8 there is only the second, of IPv6 without brackets too."""
    address, colon, port = peer.rpartition(b":")
    number = part_a.port(port) if colon else None
    if client:
        number = number if address == client else None
        return Endpoint(address=part_a.address(client), port=number or None)
    if number is not None and (b":" not in address or _is_ipv6(address)):
        return Endpoint(address=part_a.address(address), port=number or None)
    return Endpoint(address=part_a.address(peer))


def _is_ipv6(address: bytes) -> bool:
    try:
        IPv6Address(address.decode("ascii", "replace").strip("[]"))
    except AddressValueError:
        return False
    return True
