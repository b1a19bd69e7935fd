"""Hostile price conditions: each is refused with its place, or evaluated within its budget.

O6: depth, size and work are limited, and counted.
"""

from __future__ import annotations

from datetime import date

import pytest

from holdfast.domain.expression_parser import NODES_MAX
from holdfast.domain.expression_tokens import ExpressionRefused
from holdfast.domain.expression_values import EVALUATION_STEPS_MAX
from holdfast.domain.expressions import compile_expression

VARIABLES: dict[str, object] = {
    "hour": 9,
    "event_date": date(2026, 7, 4),
    "user": {"tags": ["x"] * 450, "note": "n" * 50_000, "big": 10**70, "self": {"a": {"a": 1}}},
}

REFUSED_BOMBS = {
    "deep brackets": "(" * 500 + "1" + ")" * 500,
    "deep brackets, never closed": "(" * 2_000,
    "deep brackets, only closed": ")" * 2_000,
    "deep lists": "[" * 1_000 + "]" * 1_000,
    "list in a list": "1 in [[1]]",
    "deep signs": "-" * 1_000 + "1",
    "deep denial": "!" * 1_000 + "true",
    "deep denial in words": "not " * 400 + "true",
    "deep both": "(!" * 400 + "true" + ")" * 400,
    "long sum": "+".join(["1"] * 900) + " > 0",
    "long or": "||".join(["true"] * 300),
    "long list": f"1 in [{','.join(['1'] * 900)}]",
    "power": "9**9 > 1",
    "power of power": "9**9**9 > 1",
    "caret": "9^9 > 1",
    "shift": "1 << 99 > 1",
    "huge number": "9" * 1_900 + " > 1",
    "huge fraction": "0." + "1" * 1_900 + " > 1",
    "exponent": "1e308 > 1",
    "hexadecimal": "0xFFFFFFFF > 1",
    "underscores": "1_000_000 > 1",
    "infinity": "Infinity > 1",
    "long text": "'" + "a" * 1_900 + "' == 'a'",
    "text times number": "'a' * 1000000000 == 'b'",
    "text plus text": "'a' + 'a' == 'b'",
    "too long": " " * 2_001,
    "far too long": "1+" * 1_000_000,
    "product beyond the digits": "*".join(["999999999999999999"] * 20) + " > 1",
    "quotient beyond the digits": "/".join(["999999999999999989"] * 20) + " > 1",
    "squares of a large value": "user.big * user.big * user.big * user.big > 1",
    "far future": "event_date + 999999999999 > event_date",
    "text without an end": "tier == 'a",
    "text without an end, doubled": 'tier == "a',
    "text over two lines": "tier == 'a\nb'",
    "backslash at the end": "tier == 'a\\",
    "many backslashes": "tier == '" + "\\" * 1_001,
    "unknown escape": r"tier == '\x41'",
    "NUL": "hour > 1\x00",
    "NUL in a text": "tier == 'a\x00b'",
    "escape character": "tier == '\x1b[2J'",
    "lone surrogate": "tier == '\ud800'",
    "right to left": "tier == 'a\u202eb'",
    "no-break space": "hour\u00a0> 1",
    "zero width space": "hour\u200b > 1",
    "byte order mark": "\ufeffhour > 1",
    "full-width digits": "hour > \uff11",
    "arabic digits": "hour > \u0661",
    "full-width operator": "hour \uff1e 1",
    "greater-or-equal sign": "hour \u2265 1",
    "minus sign": "hour \u2212 1 > 1",
    "curly quotes": "tier == \u2018a\u2019",
    "cyrillic lookalike": "h\u043eur > 1",
    "assignment": "hour = 1",
    "walrus": "hour := 1",
    "semicolon": "true; true",
    "question mark": "hour > 1 ? true : false",
    "lambda": "(lambda: 1)() == 1",
    "call": "exit() == 1",
    "import": "__import__('os') == 1",
    "dunder": "user.__class__.__mro__.x.y == 1",
    "dunder of a root": "hour.__class__ == 1",
    "index": "user['membership'] == 'x'",
    "comprehension": "[hour for hour in [1]] == 1",
    "format": "f'{hour}' == '9'",
    "comment": "true # false",
    "slashes": "true // false",
    "template": "{{ hour }} > 1",
    "statement of SQL": "1 = 1; DROP TABLE booking",
    "emoji": "hour > \U0001f4a3",
    "long tail of a name": "user." + "a" * 1_900 + " == 1",
    "many parts of a name": "user" + ".a" * 900 + " == 1",
    "many items read": " or ".join(["'y' in user.tags"] * 40),
    "long text read": " or ".join(["user.note == 'x'"] * 40),
}  # fmt: skip

HARMLESS = {
    "long or at its limit": "||".join(["false"] * (NODES_MAX // 2)),
    "long sum at its limit": "+".join(["1"] * (NODES_MAX // 2)),
    "brackets at their limit": "(" * 20 + "hour" + ")" * 20,
    "every level nested": "(" * 18 + "hour > 1 or true and not 1 == 2 - 3 * -4" + ")" * 18,
    "no value, deep down": "user.self.a.b == 1",
    "name of a method": "user.get == null",
    "name of a module": "user.os == null",
    "division that repeats": "1/3 + 1/7 + 1/11 + 1/13 + 1/17 + 1/19 + 1/23 > 0",
    "white space": " \n\t" * 500 + "true",
    "list read once": "'y' in user.tags or true",
}


def refusal_of(source: str) -> ExpressionRefused:
    with pytest.raises(ExpressionRefused) as caught:
        compile_expression(source).run(VARIABLES)
    return caught.value


@pytest.mark.parametrize("name", REFUSED_BOMBS)
def test_a_bomb_is_refused_with_its_place(name: str) -> None:
    source = REFUSED_BOMBS[name]

    refusal = refusal_of(source)

    assert 0 <= refusal.position.offset <= len(source)
    assert refusal.message.endswith((".", "?"))
    assert len(str(refusal)) < 300


@pytest.mark.parametrize("name", HARMLESS)
def test_what_looks_like_a_bomb_is_evaluated_within_the_budget(name: str) -> None:
    evaluation = compile_expression(HARMLESS[name]).run(VARIABLES)

    assert evaluation.step_count <= EVALUATION_STEPS_MAX
