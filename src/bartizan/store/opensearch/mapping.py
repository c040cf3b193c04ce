"""The fields of the indexes. Their names are a promise: docs/opensearch.md.

Nothing that an entry says can add a field (`strict`), and every text is cut (store/limits.py) far
below the 32,766 bytes that a term may have. Names are those of the Elastic Common Schema (ECS)
where it has one; what it does not know is under `bartizan`.
"""

from typing import Any, Final

Fields = dict[str, Any]

_KEYWORD: Final = {"type": "keyword"}
_LONG: Final = {"type": "long"}
_DATE: Final = {"type": "date", "format": "strict_date_optional_time"}
_BOOLEAN: Final = {"type": "boolean"}
# Searched by its value, and not counted by it.
_SEARCHED: Final = {"type": "keyword", "doc_values": False}
# Searched by any part of it: OpenSearch since 2.15, Elasticsearch since 7.9.
_PART_OF_TEXT: Final = {"type": "wildcard", "doc_values": True}
# Kept and given back, and neither searched nor counted.
_KEPT: Final = {"type": "object", "enabled": False}


def _object(**fields: Any) -> Fields:
    return {"properties": fields}


TRANSACTIONS: Final[Fields] = {
    "dynamic": "strict",
    # Made anew from the rest whenever a document is written.
    "_source": {"excludes": ["bartizan.text"]},
    "properties": {
        "@timestamp": _DATE,
        "event": _object(
            id=_SEARCHED,
            ingested=_DATE,
            kind=_KEYWORD,
            category=_KEYWORD,
            type=_KEYWORD,
            action=_KEYWORD,
            reason=_KEYWORD,
            severity=_LONG,
            risk_score=_LONG,
        ),
        "observer": _object(name=_KEYWORD, type=_KEYWORD),
        "source": _object(
            address=_KEYWORD,
            ip={"type": "ip"},
            port=_LONG,
            geo=_object(
                country_iso_code=_KEYWORD, city_name=_KEYWORD, location={"type": "geo_point"}
            ),
        ),
        "http": _object(request=_object(method=_KEYWORD), response=_object(status_code=_LONG)),
        "url": _object(original=_SEARCHED, path=_KEYWORD, domain=_KEYWORD),
        "rule": _object(
            id={"type": "keyword", "fields": {"number": _LONG}},
            name=_KEYWORD,
            category=_KEYWORD,
            ruleset=_KEYWORD,
        ),
        "bartizan": _object(
            id=_LONG,
            at_us=_LONG,
            received_us=_LONG,
            intercepted=_BOOLEAN,
            format=_KEYWORD,
            defect_count=_LONG,
            size_bytes=_LONG,
            payload_bytes=_LONG,
            cell=_KEYWORD,
            place_kind=_KEYWORD,
            data=_SEARCHED,
            target=_KEYWORD,
            tag=_KEYWORD,
            text=_object(
                uri=_PART_OF_TEXT, data=_PART_OF_TEXT, rest=_PART_OF_TEXT, note=_PART_OF_TEXT
            ),
            has_payload=_BOOLEAN,
            is_preserved=_BOOLEAN,
            state=_KEYWORD,
            ignored_until_us=_LONG,
            label=_KEYWORD,
            heard=_object(
                is_counted=_BOOLEAN,
                has_defects=_BOOLEAN,
                lag_ms=_LONG,
                minute_us=_LONG,
                format=_KEYWORD,
                producer=_KEYWORD,
                ruleset=_KEYWORD,
                defects=_KEYWORD,
            ),
            kept=_KEPT,
            matches=_KEPT,
            entry=_KEPT,
        ),
    },
}

PIECES: Final[Fields] = {
    "dynamic": "strict",
    "properties": {"transaction": _LONG, "data": {"type": "binary"}},
}

IDENTITIES: Final[Fields] = {
    "dynamic": "strict",
    "properties": {"id": {"type": "long", "index": False}, "sensor": _KEYWORD},
}

SENSORS: Final[Fields] = {
    "dynamic": "strict",
    "properties": {"sensor": _KEYWORD, "covered_id": _LONG, "counts": _KEPT},
}

STATE: Final[Fields] = {
    "dynamic": "strict",
    "properties": {
        "schema": _LONG,
        "span": _KEYWORD,
        "shards": _LONG,
        "replicas": _LONG,
        "until_us": _LONG,
        "owner": _KEYWORD,
    },
}
