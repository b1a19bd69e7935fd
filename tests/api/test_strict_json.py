"""Strict JSON: what is refused, where, and in time that grows with the size and no faster."""

from __future__ import annotations

from typing import cast

import pytest

from holdfast.api.strict_json import BODY_BYTES_MAX, DEPTH_MAX, pointer, read_object
from holdfast.domain.errors import InputFault, InputInvalid


def refused(raw: bytes) -> tuple[str, str]:
    """Return where and why a body is refused."""
    with pytest.raises(InputInvalid) as refusal:
        read_object(raw)
    faults = cast("list[InputFault]", refusal.value.fields["errors"])
    fault = faults[0]
    return fault.pointer, fault.code


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"{}", {}),
        (
            b' {"a": [1, -2.5, true, null, "\\u00e9\\n\\t"]}\r\n',
            {"a": [1, -2.5, True, None, "é\n\t"]},
        ),
        (b'{"a": 9223372036854775807, "b": -9223372036854775808}', {"a": 2**63 - 1, "b": -(2**63)}),
        (b'{"a": "\\ud83d\\ude00"}', {"a": "😀"}),
        (b'{"a": 1e308, "b": 1e-400}', {"a": 1e308, "b": 0.0}),
        (b'{"a": "[[[[{{{{\\"]]"}', {"a": '[[[[{{{{"]]'}),
    ],
)
def test_plain_json_is_read(raw: bytes, expected: object) -> None:
    assert read_object(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", ("", "not_json")),
        (b"{", ("", "not_json")),
        (b"{'a': 1}", ("", "not_json")),
        (b'{"a": 01}', ("", "not_json")),
        (b'{"a": "\n"}', ("", "not_json")),
        (b'{"a": 1}{"b": 2}', ("", "not_json")),
        (b"\xef\xbb\xbf{}", ("", "not_json")),
        (b"[]", ("", "not_an_object")),
        (b'"text"', ("", "not_an_object")),
        (b"null", ("", "not_an_object")),
        (b'{"a": "\xff"}', ("", "not_utf8")),
        (b'{"a": "\xed\xa0\x80"}', ("", "not_utf8")),
        (b'{"a": NaN}', ("/a", "not_a_number")),
        (b'{"a": [-Infinity]}', ("/a/0", "not_a_number")),
        (b'{"a": 1e400}', ("/a", "out_of_range")),
        (b'{"a": 9223372036854775808}', ("/a", "out_of_range")),
        (b'{"a": -9223372036854775809}', ("/a", "out_of_range")),
        (b'{"a": ' + b"9" * 5_000 + b"}", ("/a", "out_of_range")),
        (b'{"a": 1, "b": {"c": 1, "c": 2}}', ("/b/c", "duplicate_name")),
        (b'{"a": 1, "a": 2}', ("/a", "duplicate_name")),
        (b'{"\\u0000": 1, "\\u0000": 2}', ("/\N{REPLACEMENT CHARACTER}", "duplicate_name")),
        (b'{"a": {"b": [0, 1e400, NaN]}}', ("/a/b/1", "out_of_range")),
        (b'{"a": 1e400, "b": ]', ("", "not_json")),
        (b"[1e400]", ("/0", "out_of_range")),
        (b'{"a": ["x", {"b/c": "\\u0000"}]}', ("/a/1/b~1c", "bad_character")),
        (b'{"a": "\\ud800"}', ("/a", "bad_character")),
        (b'{"a": "\\b"}', ("/a", "bad_character")),
        (b'{"a": "\x7f"}', ("/a", "bad_character")),
        (b'{"a": "\xc2\x85"}', ("/a", "bad_character")),
        (b'{"\\u0000": 1}', ("/\N{REPLACEMENT CHARACTER}", "bad_character")),
    ],
)
def test_everything_doubtful_is_refused_by_name(raw: bytes, expected: tuple[str, str]) -> None:
    """O2."""
    assert refused(raw) == expected


def test_nesting_is_allowed_to_its_limit_and_no_deeper() -> None:
    def nested(depth: int) -> bytes:
        return b'{"a":' * depth + b"1" + b"}" * depth

    assert read_object(nested(DEPTH_MAX))
    assert refused(nested(DEPTH_MAX + 1)) == ("", "too_deep")
    assert read_object(b'{"a":[' + b"[]," * 1_000 + b"[]]}")


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * BODY_BYTES_MAX,
        b'{"a":"' + b'\\"' * (BODY_BYTES_MAX // 2),
        b'{"a":[' + b'"\\"",' * (BODY_BYTES_MAX // 5),
        b'{"a":' + b'"' * BODY_BYTES_MAX,
        b"\\" * BODY_BYTES_MAX,
        b'{"a":' + b"[]," * (BODY_BYTES_MAX // 3),
    ],
)
@pytest.mark.timeout(5)
def test_no_body_of_the_largest_size_takes_long(raw: bytes) -> None:
    assert refused(raw)[1] in {"not_json", "too_deep"}


def test_pointers_are_escaped() -> None:
    assert pointer(["a~b", 0, "c/d"]) == "/a~0b/0/c~1d"
    assert pointer([]) == ""
