"""`holdfast audit`: prove from the stored history that nothing was ever oversold."""

from __future__ import annotations

from dataclasses import asdict

from holdfast.cli import output
from holdfast.cli.bars import Bars
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
        slugs = {str(found.tenant_id): found.slug for found in engine.list_tenants()}
        chosen = engine.tenant(tenant).tenant_id if tenant is not None else None
        with Bars("rows") as bars:

            def tell(progress: Progress) -> None:
                slug = slugs.get(progress.tenant_id, progress.tenant_id)
                bars.show(f"Proving {slug}", done=progress.done, total=progress.total)

            report = prove(engine.database, tenant_id=chosen, progress=tell)
    if is_json:
        output.as_json({**asdict(report), "is_clean": report.is_clean})
    else:
        _print(report, slugs)
    return 0 if report.is_clean else VIOLATIONS_FOUND


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
