"""Price conditions as tables: what they mean, what they refuse, and where they say it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from holdfast.domain.expression_parser import (
    LIST_ITEMS_MAX,
    LITERAL_TEXT_MAX,
    NESTING_MAX,
    NODES_MAX,
    NUMBER_DIGITS_MAX,
)
from holdfast.domain.expression_tokens import SOURCE_MAX, ExpressionRefused
from holdfast.domain.expression_values import (
    EVALUATION_STEPS_MAX,
    NUMBER_BITS_MAX,
    TEXT_PER_STEP,
    Value,
)
from holdfast.domain.expression_variables import ALIASES, OPEN_ROOTS, VARIABLES
from holdfast.domain.expressions import compile_condition, compile_expression

EVENT = date(2026, 7, 4)
VARIABLES_OF_A_BOOKING: dict[str, object] = {
    "participants": 6,
    "duration": 90,
    "dayOfWeek": 6,
    "weekday0": 6,
    "hour": 18,
    "event_date": EVENT,
    "booking_date": EVENT - timedelta(days=10),
    "days_ahead": 10,
    "user": {
        "membership": "premium",
        "age": 17,
        "height": 1.7,
        "student": True,
        "tags": ["vip", 3, False, None, {"deep": 1}],
        "since": "2020-02-29",
        "address": {"city": "Lyon"},
        "word": "ten",
        "huge": 10**100,
    },
    "metadata": {"source": "Zoé", "decomposed": "Zoe\u0301"},
}


def valued(source: str) -> Value:
    return compile_expression(source).evaluate(VARIABLES_OF_A_BOOKING)


def refused(source: str) -> str:
    with pytest.raises(ExpressionRefused) as caught:
        compile_condition(source).evaluate(VARIABLES_OF_A_BOOKING)
    return str(caught.value)


# --------------------------------------------------- AC-F02: the twelve conditions, as written


@pytest.mark.parametrize(
    ("row", "condition", "holds_with", "fails_with"),
    [
        ("B-098", "participants >= 6", {"participants": 6}, {"participants": 5}),
        (
            "B-099",
            "user.membership === 'premium'",
            {"user": {"membership": "premium"}},
            {"user": {"membership": "Premium"}},
        ),
        ("B-100", "dayOfWeek >= 6", {"dayOfWeek": 7}, {"dayOfWeek": 5}),
        ("B-101", "duration >= 480", {"duration": 480}, {"duration": 479}),
        ("B-102", "duration >= 10080", {"duration": 10_080}, {"duration": 10_079}),
        ("B-103", "duration >= 240", {"duration": 240}, {"duration": 239}),
        ("B-104", "duration >= 480", {"duration": 481}, {"duration": 0}),
        (
            "B-105",
            "user.student === true",
            {"user": {"student": True}},
            {"user": {"student": "true"}},
        ),
        ("B-106", "participants >= 10", {"participants": 10}, {"participants": 9}),
        ("B-107", "participants >= 8", {"participants": 8}, {"participants": 7}),
        (
            "B-108",
            "booking_date < event_date - 30",
            {"booking_date": EVENT - timedelta(days=31), "event_date": EVENT},
            {"booking_date": EVENT - timedelta(days=30), "event_date": EVENT},
        ),
        ("B-109", "order_total >= 5000", {"order_total": 5_000}, {"order_total": 4_999}),
    ],
)
def test_ac_f02_a_seed_condition_reads_verbatim(
    row: str, condition: str, holds_with: dict[str, object], fails_with: dict[str, object]
) -> None:
    compiled = compile_condition(condition)

    outcomes = [compiled.is_met(variables) for variables in (holds_with, fails_with, {})]

    assert outcomes == [True, False, False]  # and nothing known is never enough


# ------------------------------------------------------------------------------------- meaning


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1 + 2 * 3", Fraction(7)),
        ("(1 + 2) * 3", Fraction(9)),
        ("10 - 2 - 3", Fraction(5)),
        ("0.1 + 0.2 == 0.3", True),
        ("1 / 3 * 3 == 1", True),
        ("user.height * 100", Fraction(170)),  # a JSON number is the decimal that was written
        ("-7 % 3", Fraction(-1)),  # as in JavaScript, not as in Python
        ("7 % -3", Fraction(1)),
        ("--3", Fraction(3)),
        ("2 - -1", Fraction(3)),
        ("true || true && false", True),
        ("(true || true) && false", False),
        ("!false && true", True),
        ("not 1 == 2", True),
        ("not true or true", True),
        ("user.student and not (hour < 18)", True),
        ("participants !== 5 && participants != 7", True),
        ('user.membership == "premium"', True),
        ("'it\\'s' == \"it's\"", True),
        ("'a\\\\b' == 'a\\\\b'", True),
        ("user.membership in ['gold', 'premium']", True),
        ("dayOfWeek not in [6, 7]", False),
        ("-1 in [-1]", True),
        ("'vip' in user.tags", True),
        ("3 in user.tags", True),
        ("1 in user.tags", False),  # false is not 0, null and records are left out
        ("event_date - booking_date", Fraction(10)),
        ("event_date - 1", EVENT - timedelta(days=1)),
        ("1 + event_date", EVENT + timedelta(days=1)),
        ("event_date == '2026-07-04'", True),
        ("'2026-07-05' > event_date", True),
        ("event_date in ['2026-12-24', '2026-07-04']", True),
        ("event_date >= user.since", True),
        ("user.since == event_date", False),
        ("user.address.city == 'Lyon'", True),
        ("metadata.source == 'Zoe\u0301'", True),  # the same letters, composed otherwise
        ("metadata.decomposed == 'Zoé'", True),
        ("user.student == 1", False),  # true is not 1
        ("user.word == 10", False),
        ("user.word != 10", True),
        ("party_size == participants", True),
        ("hour\n >=\t18", True),
    ],
)
def test_an_expression_means(source: str, expected: object) -> None:
    assert valued(source) == expected
    assert type(valued(source)) is type(expected)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("order_total >= 5000", None),
        ("not (order_total >= 5000)", None),
        ("order_total != 5000", None),
        ("order_total + 1", None),
        ("order_total in [1, 2]", None),
        ("1 in user.absent", None),
        ("user.absent.deeper == 1", None),
        ("order_total > 1 && false", False),
        ("false && order_total > 1", False),
        ("order_total > 1 || true", True),
        ("order_total > 1 && true", None),
        ("order_total > 1 || false", None),
        ("order_total == null", True),
        ("null !== order_total", False),
        ("participants == null", False),
        ("user.membership != null", True),
        ("user.absent == null || user.absent != 'premium'", True),
        ("null == null", True),
    ],
)
def test_what_has_no_value_is_unknown(source: str, expected: Value) -> None:
    assert valued(source) is expected
    if isinstance(expected, bool):
        assert compile_condition(source).is_met(VARIABLES_OF_A_BOOKING) is expected


def test_every_variable_of_the_table_can_be_read_and_is_documented() -> None:
    for name, variable in VARIABLES.items():
        expression = compile_expression(name)

        assert (expression.kind, expression.names) == (variable.kind, frozenset({name}))
        assert expression.evaluate({}) is None
        assert variable.meaning


def test_an_alias_stands_for_its_variable() -> None:
    for alias, name in ALIASES.items():
        assert compile_expression(alias).names == {name}
    for root in OPEN_ROOTS:
        assert compile_expression(f"{root}.x").names == {f"{root}.x"}


# ------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("", "Line 1, column 1: Write a condition, such as participants >= 6."),
        ("participant > 6", "column 1: There is no variable 'participant'. Did you mean 'particip"),
        ("1 < 2 && dayofweek > 5", "column 10: There is no variable 'dayofweek'. Did you mean 'da"),
        ("users.membership == 'x'", "Did you mean 'user.membership'?"),
        ("user == 1", "Name one of its fields, such as 'user.membership'."),
        ("hour.minute == 1", "Did you mean 'hour'?"),
        ("__class__", "There is no variable '__class__'."),
        ("participants", "True or false is needed here, not a number; compare it with something."),
        ("'yes'", "True or false is needed here, not a text"),
        ("event_date", "True or false is needed here, not a date"),
        ("null", "True or false is needed here, not null"),
        ("participants && true", "column 1: True or false is needed here, not a number"),
        ("true || 1", "column 9: True or false is needed here, not a number"),
        ("!participants", "column 2: True or false is needed here"),
        ("participants >= '6'", "column 14: '>=' does not compare a number with a text."),
        ("event_date > 5", "'>' does not compare a date with a number."),
        ("event_date > 'soon'", "column 14: Beside a date, write one such as '2026-12-31'."),
        ("event_date > '2026-02-30'", "Beside a date, write one such as"),
        ("tier > 'a'", "'>' does not order a text; use == or !=."),
        ("true > false", "'>' does not order true or false"),
        ("participants > null", "column 16: null can only be compared with == and !=."),
        ("-tier == 1", "column 2: '-' does not go with a text."),
        ("'a' + 'b' == 'ab'", "'+' does not go with a text."),
        ("event_date * 2 > event_date", "'*' does not go with a date; add or subtract whole days"),
        ("5 - event_date > 1", "'-' does not go with a date"),
        ("participants / 0 > 1", "column 16: Nothing can be divided by 0."),
        ("participants % 0 > 1", "Nothing can be divided by 0."),
        ("participants in ['a']", "column 18: A number is never in a list with a text."),
        ("participants in hour", "column 17: After 'in' comes a list"),
        ("null in [1]", "null is in no list; use == null."),
        ("[1] == 1", "column 1: A list can only stand after 'in'."),
        ("1 < 2 < 3", "column 7: Comparisons do not chain"),
        ("1 == 1 == true", "column 8: Comparisons do not chain"),
        ("true == not false", "column 9: Put brackets around 'not'"),
        ("(1 < 2", "column 1: This bracket is not closed; add )."),
        ("1 < 2)", "column 6: An operator such as == or && is missing before )."),
        (
            "hour > 1e3",
            "column 8: A number is written in digits, such as 10 or 2.5, and ends there",
        ),
        ("hour > 1.2.3", "column 8: A number is written in digits"),
        ("hour > .5", "column 8: A number begins with a digit, as 0.5; a name with a letter."),
        ("hour '\x1b[2J'", "column 6: An operator such as == or && is missing before a text."),
        ("hour hour", "column 6: An operator such as == or && is missing before hour."),
        ("hour >", "column 7: A value is needed here, but the expression ends."),
        ("hour > && true", "column 8: A value is needed here, not &&."),
        ("and true", "A value is needed before and."),
        ("hour in []", "column 10: A list has numbers, texts, true and false as items."),
        ("hour in [1; 2]", "column 11: The character ';' has no meaning here."),
        ("hour in [1 2]", "column 12: The items of a list end with , or ]."),
        ("max(1, 2) > 1", "column 1: There are no functions here."),
        ("true\n  && hour = 3", "Line 2, column 11: Write == instead of =."),
    ],
)
def test_a_malformed_condition_is_refused_with_its_place(source: str, sentence: str) -> None:
    assert sentence in refused(source)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("user.word > 3", "column 1: '>' does not go with a text."),
        ("user.student > 3", "column 1: '>' does not go with true or false."),
        ("participants > user.word", "column 16: '>' does not go with a text."),
        ("user.word && true", "True or false is needed here, not a text."),
        ("user.age", "True or false is needed here, not a number."),
        ("user.tags == 1", "A list can only stand after 'in'."),
        ("user.address == 1", "This is a record; name one of its fields."),
        ("1 in user.word", "column 6: After 'in' comes a list."),
        ("1 / (hour - 18) > 1", "column 3: Nothing can be divided by 0."),
        ("event_date + 1.5 > event_date", "column 12: Only whole days"),
        ("event_date + 100001 > event_date", "Only whole days, at most 100000"),
        (f"event_date{' - 100000' * 8} > event_date", "There is no such date."),
        ("event_date > user.word", "'>' needs a date such as '2026-12-31' here."),
        ("user.huge > 1", "This number becomes too large or too fine."),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_kind_is_refused_with_its_place(source: str, sentence: str) -> None:
    compile_condition(source)  # nothing is wrong with it yet

    assert sentence in refused(source)


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"participants": "six"}, "participants has to be a number."),
        ({"participants": True}, "participants has to be a number."),
        ({"participants": float("nan")}, "This is not a finite number."),
        ({"participants": datetime(2026, 1, 1, tzinfo=UTC)}, "This is a record"),
    ],
)
def test_a_variable_has_the_kind_of_the_table(variables: dict[str, object], sentence: str) -> None:
    with pytest.raises(ExpressionRefused, match=sentence):
        compile_condition("participants > 1").evaluate(variables)


def test_a_refusal_is_the_fault_of_a_field() -> None:
    with pytest.raises(ExpressionRefused) as caught:
        compile_condition("true &&\n hours > 3")

    fault = caught.value.fault("/price_rules/2/condition")

    assert (caught.value.position.offset, caught.value.position.line) == (9, 2)
    assert (fault.pointer, fault.code) == ("/price_rules/2/condition", "bad_expression")
    assert fault.detail == ("Line 2, column 2: There is no variable 'hours'. Did you mean 'hour'?")


# -------------------------------------------------------------------------------------- limits


@pytest.mark.parametrize(
    ("at_the_limit", "beyond_it", "sentence"),
    [
        (
            "1 < 2" + " " * (SOURCE_MAX - 5),
            "1 < 2" + " " * (SOURCE_MAX - 4),
            f"An expression has at most {SOURCE_MAX} characters.",
        ),
        (
            "(" * NESTING_MAX + "true" + ")" * NESTING_MAX,
            "(" * (NESTING_MAX + 1) + "true" + ")" * (NESTING_MAX + 1),
            f"Nest at most {NESTING_MAX} brackets and signs.",
        ),
        ("!" * NESTING_MAX + "true", "!" * (NESTING_MAX + 1) + "true", "Nest at most"),
        (
            "true" + "&&true" * (NODES_MAX // 2 - 1),
            "true" + "&&true" * (NODES_MAX // 2),
            f"An expression has at most {NODES_MAX} parts.",
        ),
        (
            f"1 < {'9' * NUMBER_DIGITS_MAX}",
            f"1 < {'9' * (NUMBER_DIGITS_MAX + 1)}",
            f"A number has at most {NUMBER_DIGITS_MAX} digits.",
        ),
        (
            f"tier == '{'x' * LITERAL_TEXT_MAX}'",
            f"tier == '{'x' * (LITERAL_TEXT_MAX + 1)}'",
            f"It may have at most {LITERAL_TEXT_MAX} characters.",
        ),
        (
            f"1 in [{','.join('1' * LIST_ITEMS_MAX)}]",
            f"1 in [{','.join('1' * (LIST_ITEMS_MAX + 1))}]",
            f"A list has at most {LIST_ITEMS_MAX} items.",
        ),
        ("user.a.b.c == 1", "user.a.b.c.d == 1", "A name has at most"),
        (f"user.{'x' * 95} == 1", f"user.{'x' * 96} == 1", "A name has at most"),
    ],
)
def test_a_source_has_limits(at_the_limit: str, beyond_it: str, sentence: str) -> None:
    compile_condition(at_the_limit)

    assert sentence in refused(beyond_it)


def test_evaluating_has_a_budget_for_lists() -> None:
    condition = compile_condition("1 in user.tags")
    # Three nodes, and each item is read once and compared once.
    longest = (EVALUATION_STEPS_MAX - 3) // 2

    evaluation = condition.run({"user": {"tags": [2] * longest}})

    assert (evaluation.value, evaluation.step_count) == (False, 3 + 2 * longest)
    with pytest.raises(ExpressionRefused, match="more than 1000 steps"):
        condition.run({"user": {"tags": [2] * (longest + 1)}})


def test_evaluating_has_a_budget_for_texts() -> None:
    condition = compile_condition("user.note == 'x'")

    assert condition.run({"user": {"note": "y" * 640}}).step_count == 3 + 640 // TEXT_PER_STEP
    with pytest.raises(ExpressionRefused, match="more than 1000 steps"):
        condition.run({"user": {"note": "y" * EVALUATION_STEPS_MAX * TEXT_PER_STEP}})


def test_a_number_may_grow_to_its_limit_and_no_further() -> None:
    largest = 2**NUMBER_BITS_MAX - 1
    doubled = compile_expression("user.n * 2")

    assert compile_expression("user.n").evaluate({"user": {"n": largest}}) == largest
    with pytest.raises(ExpressionRefused, match="too large"):
        doubled.evaluate({"user": {"n": largest}})
