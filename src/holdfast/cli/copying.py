"""`holdfast backup` and `holdfast restore`: a SQLite database in one file, and back."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from holdfast.bootstrap import SystemClock
from holdfast.cli import output
from holdfast.cli.bars import Bars
from holdfast.cli.faults import Refused
from holdfast.cli.opening import quiet_logs
from holdfast.engine.proving import Progress, ProofReport
from holdfast.storage import backups
from holdfast.storage.database import Database
from holdfast.storage.proving import prove

KIB = 1_024


def backup(url: str, target: Path, *, is_forced: bool) -> None:
    """Copy a database into a file, while others write to it.

    Raises:
        Refused: The target is there already, or the database is not SQLite's.
        StorageUnavailable: The disk failed or is full.
    """
    quiet_logs()
    with Bars("pages") as bars:
        try:
            backups.backup(url, target, is_forced=is_forced, progress=bars.teller("Copying"))
        except backups.BackupRefused as refusal:
            raise Refused(str(refusal)) from refusal
    size = target.stat().st_size // KIB
    output.say(f"Backed up {output.without_password(url)} to {target} ({size:,} KiB).")


def restore(copy: Path, url: str, *, is_forced: bool) -> None:
    """Make a database from a backup that is proved first.

    Raises:
        Refused: The backup is damaged or its books are wrong, or the target is there already.
        SchemaOutdated: The backup is a newer Holdfast's.
        StorageUnavailable: The disk failed or is full.
    """
    quiet_logs()
    with Bars("") as bars:
        try:
            backups.restore(
                copy,
                url,
                clock=SystemClock(),
                verify=partial(_verify, bars),
                is_forced=is_forced,
                progress=bars.teller("Copying"),
            )
        except backups.BackupRefused as refusal:
            raise Refused(str(refusal)) from refusal
    output.say(f"Proved {copy}: nothing was ever oversold, and the books agree.")
    output.say(f"Restored it to {output.without_password(url)}.")


def _verify(bars: Bars, database: Database) -> ProofReport:
    """Prove the books of the copy."""

    def tell(progress: Progress) -> None:
        bars.show(f"Proving {progress.tenant_id}", done=progress.done, total=progress.total)

    return prove(database, progress=tell)
