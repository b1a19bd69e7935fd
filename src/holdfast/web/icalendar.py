"""Calendar files: one booking as RFC 5545 has it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from holdfast.domain.bookings import Booking, BookingStatus
from holdfast.domain.shapes import runs

LINE_BYTES_MAX = 75
_DAY = timedelta(days=1)
_OVER = frozenset({BookingStatus.CANCELLED, BookingStatus.DECLINED, BookingStatus.EXPIRED})


def calendar_of(booking: Booking, *, business: str, place: str, now: datetime) -> bytes:
    """Write a booking as a calendar file: one event, or one for each stretch of its days."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Holdfast//Pages//EN", "METHOD:PUBLISH"]
    stretches: list[tuple[date, date]] = list(runs(booking.dates)) if booking.dates else []
    is_nights = bool(stretches) and booking.ends_at.time() != booking.starts_at.time()
    times = [
        f"DTSTART;VALUE=DATE:{first:%Y%m%d}\r\nDTEND;VALUE=DATE:{last + _DAY:%Y%m%d}"
        for first, last in stretches
    ]
    if not times or is_nights:
        times = [f"DTSTART:{_utc(booking.starts_at)}\r\nDTEND:{_utc(booking.ends_at)}"]
    status = "TENTATIVE" if booking.status is BookingStatus.PENDING else "CONFIRMED"
    status = "CANCELLED" if booking.status in _OVER else status
    for i, time in enumerate(times):
        lines += [
            "BEGIN:VEVENT",
            f"UID:{booking.booking_id}{f'-{i}' if i else ''}@holdfast",
            f"DTSTAMP:{_utc(now)}",
            *time.split("\r\n"),
            f"SEQUENCE:{booking.version - 1}",
            f"STATUS:{status}",
            f"SUMMARY:{_text(f'{booking.offering_name} · {business}')}",
            f"DESCRIPTION:{_text(booking.number)}",
            *([f"LOCATION:{_text(place)}"] if place else []),
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{_folded(line)}\r\n" for line in lines).encode()


def _utc(instant: datetime) -> str:
    return instant.strftime("%Y%m%dT%H%M%SZ")


def _text(text: str) -> str:
    r"""Write a text as a value.

    >>> _text("Cut; wash, dry")
    'Cut\\; wash\\, dry'
    """
    for sign in ("\\", ";", ","):
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")


def _folded(line: str) -> str:
    """Fold a line after at most 75 bytes, never inside a character."""
    parts, part, size = [], "", 0
    for sign in line:
        length = len(sign.encode())
        if size + length > LINE_BYTES_MAX:
            parts.append(part)
            part, size = " ", 1
        part += sign
        size += length
    return "\r\n".join([*parts, part])
