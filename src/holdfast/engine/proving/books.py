"""The whole proof: every business, every key, every record."""

from __future__ import annotations

from collections.abc import Iterator

from holdfast.domain.claims import Claim
from holdfast.domain.ids import TenantId
from holdfast.domain.proving import Finding
from holdfast.engine.proving.histories import Histories
from holdfast.engine.proving.keys import KeysProof
from holdfast.engine.proving.report import Notebook, ProofReport, Report, Tally
from holdfast.engine.proving.store import ProofStore, ProofStores
from holdfast.engine.proving.subjects import SubjectsProof
from holdfast.engine.records import KINDS


def prove_books(
    stores: ProofStores, *, tenant_id: TenantId | None = None, progress: Report | None = None
) -> ProofReport:
    """Prove the books of one business, or of all, and report what is wrong with them.

    Each business is proved as it stands at one instant; others go on writing meanwhile.
    """
    tally = Tally()
    for each in stores.tenant_ids() if tenant_id is None else (tenant_id,):
        with stores.read(each) as store:
            total = store.row_count() if progress is not None else 0
            notebook = Notebook(tally, tenant_id=each, total=total, progress=progress)
            histories = Histories(store, each)
            KeysProof(store, notebook, histories).run()
            SubjectsProof(store, notebook, histories).run()
            notebook.found(_left_over(store))
            notebook.tell()
        tally.tenants += 1
    return tally.report()


def _left_over(store: ProofStore) -> Iterator[Finding]:
    """Find records without any history, and history of batches that never were."""
    for kind, known in KINDS.items():
        if kind is not Claim:
            for name in store.ids_without_audit(kind):
                detail = f"There is such a {known.name}, and no audit row is about it."
                yield Finding("audit.missing", name, detail)
    for batch_id in store.void_batches_with_audit():
        detail = "It was settled that this batch can never commit, and its changes are there."
        yield Finding("batch.void", batch_id, detail)
