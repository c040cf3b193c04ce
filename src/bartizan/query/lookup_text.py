"""What somebody asks for who pasted whatever a customer wrote: ids, an address, a time, a URL.

The text is anybody's, so it is bounded first, and nothing in it can be wrong: what is not
understood is left out. No pattern here can take more than linear time.
"""

import ipaddress
import re
from datetime import datetime, tzinfo
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit

from bartizan.kit.ids import taken_at_us
from bartizan.kit.struct import Struct
from bartizan.query.lookup_times import Around, read_time

MOST_CHARACTERS: Final = 2000
_MOST_IDS: Final = 8
_LONGEST_ID: Final = 255
_SHORTEST_ID: Final = 12  # of one among other words: the shortest that sensors make has 17
_SHORTEST_NAMED: Final = 4  # of one behind "id"
_MOST_WORDS: Final = 400

# Zero-width characters and the like, which mails and web pages put into what they break.
_INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_URL: Final = re.compile(r"https?://[^\s<>\"'`\\^{}|]{1,1500}", re.IGNORECASE)
_WORD: Final = re.compile(r"[^\s<>\"'`,;(){}|=\u2018-\u201f\u00ab\u00bb]{1,300}")
_ENDS: Final = ".,;:!?*"
_OWN_ID: Final = re.compile(r"[0-9]{16,19}")
_OWN_PAGE: Final = re.compile(r"/transactions/([0-9]{16,19})/?")
_ID: Final = re.compile(r"[A-Za-z0-9@_.:+-]+")
_PORT: Final = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+))(?::[0-9]{1,5})?")
_HOST: Final = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.){1,8}[a-z][a-z0-9-]{1,30}(?::[0-9]{1,5})?",
    re.IGNORECASE,
)
_ID_WORDS: Final = frozenset(("id", "ref", "reference", "incident", "unique_id", "event", "code"))
_OLDEST_OWN_US: Final = 1_262_304_000_000_000  # 2010: no id of ours is older


class Asked(Struct, frozen=True, kw_only=True):
    """What was understood. `numbers` are ids of ours, `ids` whatever may be a unique id.

    `client` is an address or a network, `host` and `path` are of a URL; a path is as it stands in
    a request. `remark` says what of the text could be read in two ways.
    """

    numbers: tuple[int, ...] = ()
    ids: tuple[str, ...] = ()
    client: str | None = None
    host: str | None = None
    path: str | None = None
    around: Around | None = None
    remark: str = ""

    @property
    def is_nothing(self) -> bool:
        return self == Asked(remark=self.remark)


def read_lookup(text: str, zone: tzinfo, now: datetime) -> Asked:
    """`zone` is that of whoever asks, for times that name none."""
    text = _INVISIBLE.sub("", text[:MOST_CHARACTERS])
    urls = [_split(found[0]) for found in _URL.finditer(text)]
    text = _URL.sub(" ", text)
    client, text = _take_client(text)
    told = read_time(text, zone, now)
    words = [_plain(found[0]) for found in _WORD.finditer(told.rest)][:_MOST_WORDS]
    is_one_word = len(words) == 1 and len(text.split()) == 1
    own = [_OWN_PAGE.fullmatch(url.path) for url in urls if url is not None]
    numbers = dict.fromkeys(int(found[1]) for found in own if found is not None)
    sites = [url for url in urls if url is not None and not _OWN_PAGE.fullmatch(url.path)]
    ids = _ids(words, is_one_word=is_one_word)
    numbers |= dict.fromkeys(int(word) for word in ids if _is_own(word, now))
    is_alone = client is None and not ids and not numbers
    host, path = _place(sites, words, is_alone=is_alone)
    return Asked(
        numbers=tuple(numbers)[:_MOST_IDS],
        ids=tuple(word for word in ids if word not in (host, path))[:_MOST_IDS],
        client=client,
        host=host,
        path=path,
        around=told.around,
        remark=told.remark,
    )


def path_as_sent(path: str) -> str:
    """As browsers write it into the request: everything but ASCII in UTF-8 and per cent."""
    return quote(path, errors="replace", safe="/!#$%&'()*+,:;=?@[]~\\^`{|}\"<>")


def _split(url: str) -> SplitResult | None:
    try:
        found = urlsplit(url.rstrip(_ENDS + ")]"))
    except ValueError:
        return None
    return found if found.hostname else None


def _take_client(text: str) -> tuple[str | None, str]:
    """The first address or network, and the text without what looks like one."""
    client: str | None = None
    rest: list[str] = []
    for word in re.split(r"([\s<>\"'`,;(){}|=]+)", text):
        found = _client(word.strip("[]").rstrip(_ENDS)) or _client(word.rstrip(_ENDS))
        client = client or found
        rest.append(" " if found else word)
    return client, "".join(rest)


def _client(word: str) -> str | None:
    if not 2 < len(word) < 64 or not any(mark in word for mark in ".:"):
        return None
    try:
        if "/" in word:
            return str(ipaddress.ip_network(word, strict=False))
        with_port = _PORT.fullmatch(word)
        bare = (with_port[1] or with_port[2]) if with_port is not None else word
        address = ipaddress.ip_address(bare.partition("%")[0])
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        return str(mapped or address)
    except ValueError:
        return None


def _plain(word: str) -> str:
    return word.strip("[]#").rstrip(_ENDS)


def _ids(words: list[str], *, is_one_word: bool) -> list[str]:
    """What may be an id: the one word there is, or long ones; those after "id" first."""
    named: dict[str, None] = {}
    likely: dict[str, None] = {}
    others: dict[str, None] = {}
    before = ""
    for each in (one.partition("&")[0] for one in words):
        # As in "ID:ZkQ1x8CoAAEAAB3lW0sAAAAB".
        label, _, value = each.rpartition(":")
        is_labelled = label.lower() in _ID_WORDS
        word = _plain(value) if is_labelled else each
        is_named = is_labelled or before.lower().rstrip(":") in _ID_WORDS
        before = word
        least = 1 if is_one_word else _SHORTEST_NAMED if is_named else _SHORTEST_ID
        if not _may_be_id(word, least):
            continue
        mixed = word != word.lower() and word != word.capitalize()
        has_digit = any(letter.isdigit() for letter in word)
        group = named if is_named else likely if mixed or has_digit else others
        group[word] = None
    return [*named, *(word for word in likely if word not in named), *others]


def _may_be_id(word: str, least: int) -> bool:
    is_id = _ID.fullmatch(word) is not None and _HOST.fullmatch(word) is None
    return is_id and least <= len(word) <= _LONGEST_ID


def _is_own(word: str, now: datetime) -> bool:
    if not _OWN_ID.fullmatch(word) or int(word) >= 2**63:
        return False
    return _OLDEST_OWN_US < taken_at_us(int(word)) < (now.timestamp() + 86_400) * 1_000_000


def _place(
    sites: list[SplitResult], words: list[str], *, is_alone: bool
) -> tuple[str | None, str | None]:
    """Host and path: of a URL, of what looks like one, or of a word that begins with a slash."""
    for url in sites:
        return _netloc(url), path_as_sent(url.path) or "/"
    for word in words:
        host, slash, rest = word.partition("/")
        if slash and _HOST.fullmatch(host):
            return host.lower(), path_as_sent("/" + _before_query(rest))
    paths = [word for word in words if word.startswith("/") and len(word) > 1]
    hosts = [word.lower() for word in words if is_alone and _HOST.fullmatch(word)]
    return next(iter(hosts), None), next((path_as_sent(_before_query(one)) for one in paths), None)


def _netloc(url: SplitResult) -> str:
    """Without a user, and as browsers write it into the Host header."""
    return url.netloc.rpartition("@")[2].lower()


def _before_query(path: str) -> str:
    return path.partition("?")[0].partition("#")[0]
