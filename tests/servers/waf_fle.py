"""A WAF-FLE database in a MariaDB, filled as WAF-FLE's own receiver fills it.

The tables have the names and columns of WAF-FLE's schema (extra/waffle.mysql, version 0.6.x), written
anew, since that file is under the GPL: only what an import reads, without its indexes. `receive` does
what controller/index.php does with an entry: which sections it keeps, and what of them it loses.
"""

import re
import zlib
from typing import Any

import pymysql

from tests.servers.mariadb import MariaDb

_TABLES = (
    """CREATE TABLE events (
      event_id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
      sensor_id smallint unsigned NOT NULL,
      received_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
      a_timestamp datetime NOT NULL, a_timezone char(6) NOT NULL, a_date date NOT NULL,
      a_uniqid char(24) NOT NULL, a_client_ip int unsigned NOT NULL,
      a_client_port smallint unsigned NOT NULL, a_server_ip int unsigned NOT NULL,
      a_server_port smallint unsigned NOT NULL, b_method varchar(10) NOT NULL,
      b_path varchar(4096) NOT NULL, b_path_parameter varchar(4096) NOT NULL,
      b_protocol char(8) NOT NULL, b_host int unsigned NOT NULL,
      b_user_agent varchar(1024) NOT NULL, b_referer varchar(8096) NOT NULL,
      f_protocol char(8) NOT NULL, f_status smallint unsigned NOT NULL,
      f_msg varchar(300) NOT NULL, f_content_length int unsigned NOT NULL,
      f_connection varchar(16) NOT NULL, f_content_type varchar(30) NOT NULL,
      h_producer varchar(128) NOT NULL, h_producer_ruleset varchar(64) DEFAULT NULL,
      h_server varchar(128) NOT NULL, h_score_total smallint unsigned NOT NULL,
      h_Interception_phase tinyint unsigned NOT NULL, h_severity tinyint unsigned NOT NULL,
      h_action_status tinyint unsigned NOT NULL, h_action_status_msg varchar(256) NOT NULL,
      h_engine_mode enum('ENABLED','DETECTION_ONLY') DEFAULT NULL,
      preserve tinyint unsigned NOT NULL, false_positive tinyint NOT NULL
    ) ENGINE=MyISAM DEFAULT CHARSET=latin1""",
    """CREATE TABLE events_full_sections (
      event_id int unsigned NOT NULL UNIQUE, a_full mediumblob NOT NULL, b_full mediumblob NOT NULL,
      c_full mediumblob, e_full mediumblob, f_full mediumblob NOT NULL, h_full mediumblob NOT NULL,
      i_full mediumblob, k_full mediumblob, z_full mediumtext NOT NULL, compressed tinyint NOT NULL
    ) ENGINE=MyISAM DEFAULT CHARSET=latin1""",
    """CREATE TABLE events_hostname (
      host_id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, hostname varchar(64) NOT NULL UNIQUE
    ) ENGINE=MyISAM DEFAULT CHARSET=latin1""",
    """CREATE TABLE events_messages (
      event_id int unsigned NOT NULL, msg_id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
      h_message_pattern varchar(512) NOT NULL, h_message_action varchar(256) NOT NULL,
      h_message_ruleFile varchar(128) NOT NULL, h_message_ruleLine tinyint NOT NULL,
      h_message_ruleId mediumint unsigned NOT NULL, h_message_ruleData varchar(256) NOT NULL,
      h_message_ruleSeverity tinyint unsigned NOT NULL
    ) ENGINE=MyISAM DEFAULT CHARSET=latin1""",
    """CREATE TABLE events_messages_tag (
      msg_id int unsigned NOT NULL, h_message_tag smallint unsigned NOT NULL
    ) ENGINE=MyISAM DEFAULT CHARSET=latin1""",
    """CREATE TABLE rule_message (
      message_ruleId mediumint unsigned NOT NULL PRIMARY KEY, message_ruleMsg varchar(256) NOT NULL
    ) ENGINE=MyISAM DEFAULT CHARSET=latin1""",
    """CREATE TABLE tags (
      tag_id smallint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, tag_name varchar(128) NOT NULL
    ) ENGINE=MyISAM DEFAULT CHARSET=latin1""",
    """CREATE TABLE sensors (
      sensor_id smallint NOT NULL AUTO_INCREMENT PRIMARY KEY, name varchar(20) NOT NULL UNIQUE,
      password varchar(20) NOT NULL, IP varchar(15) DEFAULT NULL,
      description varchar(300) DEFAULT NULL, type tinyint unsigned NOT NULL,
      status enum('Enabled','Disabled') NOT NULL, client_ip_via tinyint NOT NULL DEFAULT 0,
      client_ip_header char(40) DEFAULT NULL
    ) ENGINE=MyISAM DEFAULT CHARSET=latin1""",
)
_LETTERS = b"ABCEFHIKZ"
_HEADER = re.compile(
    rb"\[(\d{1,2})/(\w{3})/(\d{4}):(\d{2}:\d{2}:\d{2}) ([-+]+\d{4})\] (\S+) (\S+) (\d+) (\S+) (\d+)"
)
_MONTHS = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


class WafFleDatabase:
    def __init__(self, server: MariaDb, name: str) -> None:
        self.url = server.url(name)
        self._connection = pymysql.connect(
            host="127.0.0.1", port=server.port, user="root", database=name, charset="latin1",
            autocommit=True,
        )  # fmt: skip
        self.execute("SET sql_mode = '', time_zone = '-03:00'")
        for table in _TABLES:
            self.execute(table)

    def close(self) -> None:
        self._connection.close()

    def execute(self, statement: str, *values: Any) -> int:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values)
            return int(cursor.lastrowid or 0)

    def add_sensor(self, name: str, password: str = "sesame", **facts: Any) -> int:
        facts = {"status": "Enabled", "type": 1} | facts
        names = ", ".join(facts)
        marks = ", ".join(["%s"] * len(facts))
        return self.execute(
            f"INSERT INTO sensors (name, password, {names}) VALUES (%s, %s, {marks})",
            name, password, *facts.values(),
        )  # fmt: skip

    def receive(
        self, sensor: int, entry: bytes, received_at: str = "2014-03-04 05:06:07", *,
        is_packed: bool = True, preserve: int = 0, false_positive: int = 0,
    ) -> int:  # fmt: skip
        """The number of the event. Addresses are read as IPv4, as there; others are 0."""
        sections = kept_sections(entry)
        head = _HEADER.search(sections.get("A", b""))
        assert head is not None
        month = _MONTHS.index(head[2]) + 1
        day = f"{head[3].decode()}-{month:02}-{head[1].decode()}"
        request = re.search(rb"^(\S+) (\S+) (HTTP/\S+)$", sections.get("B", b""), re.MULTILINE)
        path, _, query = (request[2] if request else b"").partition(b"?")
        status = re.search(rb"^(HTTP/\S+) (\d+) ?(.*)$", sections.get("F", b""), re.MULTILINE)
        host = re.search(rb"^Host: (.+)$", sections.get("B", b""), re.MULTILINE)
        number = self.execute(
            "INSERT INTO events (sensor_id, received_at, a_timestamp, a_timezone, a_date, a_uniqid,"
            " a_client_ip, a_client_port, a_server_ip, a_server_port, b_method, b_path,"
            " b_path_parameter, b_protocol, b_host, f_protocol, f_status, f_msg, h_producer,"
            " h_Interception_phase, preserve, false_positive) VALUES (%s, %s, %s, %s, %s, %s,"
            " COALESCE(INET_ATON(%s), 0), %s, COALESCE(INET_ATON(%s), 0), %s, %s, %s, %s, %s, %s,"
            " %s, %s, %s, 'ModSecurity for Apache/2.7', 99, %s, %s)",
            sensor, received_at, f"{day} {head[4].decode()}", head[5], day, head[6], head[7],
            int(head[8]), head[9], int(head[10]), request[1] if request else b"", path, query,
            request[3] if request else b"", self._host(host[1].strip()) if host else 0,
            status[1] if status else b"", int(status[2]) if status else 0,
            status[3] if status else b"", preserve, false_positive,
        )  # fmt: skip
        stored = {letter: sections.get(letter, b"") for letter in "ABCEFHIK"}
        if is_packed:
            stored = {letter: zlib.compress(content) for letter, content in stored.items()}
        self.execute(
            "INSERT INTO events_full_sections VALUES"
            " (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            number, *stored.values(), sections.get("Z", b""), is_packed,
        )  # fmt: skip
        return number

    def add_message(self, event: int, rule: int, message: bytes, tags: tuple[bytes, ...]) -> None:
        number = self.execute(
            "INSERT INTO events_messages (event_id, h_message_pattern, h_message_action,"
            " h_message_ruleFile, h_message_ruleLine, h_message_ruleId, h_message_ruleData,"
            " h_message_ruleSeverity) VALUES (%s, 'Pattern match \"x\" at ARGS:q', 'Warning',"
            " '/etc/crs/rules.conf', 12, %s, 'found: x', 2)",
            event, rule,
        )  # fmt: skip
        self.execute("INSERT IGNORE INTO rule_message VALUES (%s, %s)", rule, message)
        for tag in tags:
            known = self.execute("INSERT INTO tags (tag_name) VALUES (%s)", tag)
            self.execute("INSERT INTO events_messages_tag VALUES (%s, %s)", number, known)

    def _host(self, name: bytes) -> int:
        self.execute("INSERT IGNORE INTO events_hostname (hostname) VALUES (%s)", name)
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT host_id FROM events_hostname WHERE hostname = %s", (name,))
            (number,) = cursor.fetchone() or (0,)
        return int(number)


def kept_sections(entry: bytes) -> dict[str, bytes]:
    """By letter, with the line that begins each; a letter that comes again takes its place."""
    sections: dict[str, bytes] = {}
    letter, passed = "", 0
    for line in re.findall(rb"[^\n]*\n|[^\n]+", entry):
        found = re.fullmatch(rb"--[0-9a-fA-F]+-([A-Z])--", line.strip())
        # Within a section another one of those it knows begins; its own letter does not.
        if found and found[1] in _LETTERS and found[1].decode() != letter:
            letter, passed = found[1].decode(), 0
            sections[letter] = b""
        elif not letter:
            continue
        if letter == "C":
            if passed <= 100:
                sections["C"] += line[:4096]
            passed += 1
        else:
            sections[letter] += line
    return sections
