"""Forms with files (RFC 7578), small ones; a file is read as a data address (RFC 2397).

Browsers write parts in one form only, and anybody may send us one: what is read here is that form,
by cutting and nothing that nests.
"""

from __future__ import annotations

import base64
import re

MEDIA = "multipart/form-data"
_BOUNDARY = re.compile(r'boundary="?([0-9A-Za-z\'()+_,./:=?-]{1,70})"?', re.ASCII)
_HOW = re.IGNORECASE | re.MULTILINE
_NAME = re.compile(r'^content-disposition: form-data;.*?\bname="([^"\r\n]*)"', _HOW)
_FILE = re.compile(r'^content-disposition: form-data;.*?\bfilename="', _HOW)
_TYPE = re.compile(r"^content-type: ([a-z]+/[a-z0-9.+-]+)\s*$", _HOW)


def read_multipart(body: bytes, content_type: str, *, fields_max: int) -> list[tuple[str, str]]:
    r"""Return what a form says, by name; of a file its data address, of an empty one nothing.

    Whatever is malformed is left out: a form of ours is not.

    >>> body = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'
    >>> read_multipart(body, "multipart/form-data; boundary=x", fields_max=9)
    [('a', '1')]
    """
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        return []
    delimiter = b"\r\n--" + boundary[1].encode()
    pieces = (b"\r\n" + body).split(delimiter, fields_max + 1)[1 : fields_max + 1]
    read = (_pair(piece) for piece in pieces if not piece.startswith(b"--"))
    return [pair for pair in read if pair is not None]


def _pair(piece: bytes) -> tuple[str, str] | None:
    head, gap, content = piece.partition(b"\r\n\r\n")
    headers = head.decode("utf-8", "replace")
    name = _NAME.search(headers)
    if name is None or not gap:
        return None
    if _FILE.search(headers) is None:
        return name[1], content.decode("utf-8", "replace")
    media = _TYPE.search(headers)
    if not content or media is None:
        return name[1], ""
    return name[1], f"data:{media[1].lower()};base64,{base64.b64encode(content).decode()}"
