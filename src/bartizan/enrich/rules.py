"""What is known of rules by their ids and tags: the OWASP Core Rule Set, versions 2 to 4.

Ids and files are a stable interface of the CRS (its "id ranges" page): 942xxx is SQL injection in
version 3 and in version 4. Evaluation rules only compare or report the sum of what others scored;
they never say what happened.
"""

from bartizan.domain.transaction import Category, RuleMatch, Transaction

_CATEGORY_BY_TAG = {
    "attack-sqli": Category.SQLI,
    "attack-xss": Category.XSS,
    "attack-rce": Category.RCE,
    "attack-injection-generic": Category.RCE,
    "attack-injection-nodejs": Category.RCE,
    "attack-lfi": Category.LFI,
    "attack-rfi": Category.RFI,
    "attack-injection-php": Category.PHP,
    "attack-injection-java": Category.JAVA,
    "attack-reputation-scanner": Category.SCANNER,
    "attack-reputation-scripting": Category.SCANNER,
    "attack-reputation-crawler": Category.SCANNER,
    "attack-protocol": Category.PROTOCOL,
    "attack-deprecated-header": Category.PROTOCOL,
    "attack-multipart-header": Category.PROTOCOL,
    "attack-fixation": Category.SESSION_FIXATION,
    "attack-dos": Category.DOS,
    "attack-disclosure": Category.LEAK,
    "attack-ssrf": Category.OTHER,
    "attack-ldap": Category.OTHER,
}
_CATEGORY_BY_RANGE = {
    200: Category.PROTOCOL,  # the engine's own recommended rules: bodies that do not parse
    911: Category.PROTOCOL,
    912: Category.DOS,
    913: Category.SCANNER,
    920: Category.PROTOCOL,
    921: Category.PROTOCOL,
    922: Category.PROTOCOL,
    930: Category.LFI,
    931: Category.RFI,
    932: Category.RCE,
    933: Category.PHP,
    934: Category.RCE,
    941: Category.XSS,
    942: Category.SQLI,
    943: Category.SESSION_FIXATION,
    944: Category.JAVA,
    950: Category.LEAK,
    951: Category.LEAK,
    952: Category.LEAK,
    953: Category.LEAK,
    954: Category.LEAK,
    955: Category.RCE,
    956: Category.LEAK,
}
_EVALUATION_RANGES = frozenset({949, 959, 980})
_EVALUATION_RULES_OF_CRS_2 = frozenset({*range(981174, 981177), *range(981200, 981206)})
_SET_UP_RANGES = frozenset({900, 901})  # they prepare variables and score nothing
_IDS_MISSING = "metadata-missing"
# Coraza's JsonLegacy has messages without ids. The beginning of a message is the rule's own words.
_EVALUATION_MESSAGES = (
    "Inbound Anomaly Score ",
    "Outbound Anomaly Score ",
    "Anomaly Scores: ",
)
_CATEGORY_BY_WORDS = (
    ("sql injection", Category.SQLI),
    ("xss", Category.XSS),
    ("remote command execution", Category.RCE),
    ("remote file inclusion", Category.RFI),
    ("path traversal", Category.LFI),
    ("file access", Category.LFI),
    ("php", Category.PHP),
    ("java", Category.JAVA),
    ("session fixation", Category.SESSION_FIXATION),
    ("scanner", Category.SCANNER),
    ("leakage", Category.LEAK),
)


def is_evaluation(rule_id: int | None) -> bool:
    """Whether the rule sums up instead of finding something: 949110, 959100, 980130, 980170 ..."""
    if rule_id is None:
        return False
    return rule_id // 1000 in _EVALUATION_RANGES or rule_id in _EVALUATION_RULES_OF_CRS_2


def lacks_ids(transaction: Transaction) -> bool:
    """Whether rules matched of which the entry states the message and nothing else."""
    return any(defect.code == _IDS_MISSING for defect in transaction.defects)


def sums_up(match: RuleMatch, *, lacks_ids: bool) -> bool:
    """Whether it is a match of an evaluation rule; by its message where the entry lacks ids."""
    if match.rule_id is None and lacks_ids:
        return (match.message or "").startswith(_EVALUATION_MESSAGES)
    return is_evaluation(match.rule_id)


def unnamed(transaction: Transaction) -> tuple[RuleMatch, ...]:
    """The matches that say what happened in an entry that lacks ids."""
    if not lacks_ids(transaction):
        return ()
    return tuple(
        match
        for match in transaction.matches
        if match.rule_id is None and match.message and not sums_up(match, lacks_ids=True)
    )


def category_by_words(message: str) -> Category:
    """The category of a rule of which only the message is known."""
    words = message.lower()
    found = (category for word, category in _CATEGORY_BY_WORDS if word in words)
    return next(found, Category.OTHER)


def causes(matches: tuple[RuleMatch, ...]) -> tuple[RuleMatch, ...]:
    """The matches that say what happened: rules with an id that neither sum up nor set up."""
    return tuple(
        match
        for match in matches
        if match.rule_id is not None
        and not is_evaluation(match.rule_id)
        and match.rule_id // 1000 not in _SET_UP_RANGES
    )


def category_of(match: RuleMatch) -> Category | None:
    """The category of one rule: by its tags, by its id range where they were cut or say little."""
    if match.rule_id is not None and match.rule_id // 1000 == 944:
        return Category.JAVA  # tagged attack-rce, but all of them are about Java
    for tag in match.tags:
        found = _CATEGORY_BY_TAG.get(tag.lower())
        if found is not None:
            return found
    return _CATEGORY_BY_RANGE.get(match.rule_id // 1000) if match.rule_id is not None else None
