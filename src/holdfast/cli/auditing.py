"""`holdfast audit`: prove from the stored history that nothing was ever oversold."""

from __future__ import annotations

from dataclasses import asdict

from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as ProgressBar

from holdfast.cli import output
from holdfast.cli.opening import engine_at
from holdfast.engine.proving import Progress, ProofReport
from holdfast.storage.proving import prove

VIOLATIONS_FOUND = 1


def audit(url: str, *, tenant: str | None, is_json: bool) -> int:
    """Prove the books of one tenant, or of all, and return the exit code: 0 if they are right.

    Raises:
        RecordNotFound: There is no such tenant.
    """
    with engine_at(url) as engine:
        slugs = {found.tenant_id: found.slug for found in engine.list_tenants()}
        chosen = engine.tenant(tenant).tenant_id if tenant is not None else None
        with _bar() as bar:
            watch = _Watch(bar, slugs={str(tenant_id): slug for tenant_id, slug in slugs.items()})
            report = prove(engine.database, tenant_id=chosen, progress=watch.note)
    if is_json:
        output.as_json({**asdict(report), "is_clean": report.is_clean})
    else:
        _print(report, watch.slugs)
    return 0 if report.is_clean else VIOLATIONS_FOUND


class _Watch:
    """Turns the proof's notes into one bar for each tenant."""

    def __init__(self, bar: ProgressBar, *, slugs: dict[str, str]) -> None:
        self.slugs = slugs
        self._bar = bar
        self._tasks: dict[str, TaskID] = {}

    def note(self, progress: Progress) -> None:
        """Show how far the proof has come."""
        task = self._tasks.get(progress.tenant_id)
        if task is None:
            shown = self.slugs.get(progress.tenant_id, progress.tenant_id)
            task = self._tasks[progress.tenant_id] = self._bar.add_task(shown)
        self._bar.update(task, completed=progress.done, total=max(progress.total, progress.done))


def _bar() -> ProgressBar:
    console = output.stderr()
    return ProgressBar(
        TextColumn("Proving {task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def _print(report: ProofReport, slugs: dict[str, str]) -> None:
    proved = (
        f"{report.claims:,} claims under {report.keys:,} keys, {report.records:,} records and"
        f" {report.changes:,} changes of {report.tenants:,} tenant(s)"
    )
    if report.is_clean:
        output.say(f"Proved: {proved}. Nothing was ever oversold, and the books agree.")
        return
    shown = len(report.violations)
    output.complain(f"{report.violation_count:,} violation(s) in {proved}.")
    if shown < report.violation_count:
        output.say(f"The first {shown:,}:")
    output.listing(
        ["tenant", "violation", "of", "what is wrong"],
        [[slugs.get(v.tenant_id, v.tenant_id), v.kind, v.key, v.detail] for v in report.violations],
        none="",
    )
