"""Proving: that from the stored history nothing was ever oversold, and that the books agree.

One business is read in one transaction, so that the proof sees one state, and in streams side by
side, so that its memory is bounded.

- `books.py`: `prove_books`, the whole proof
- `keys.py`: claims and capacity rows by key: oversold instants, counters
- `subjects.py`: audit rows, claims and facts by the record that they are about
- `owners.py`: which claims a hold, booking, slot or block has to have
- `histories.py`: what offerings, resources and pools were at an earlier time
- `store.py`: what is asked of the storage
- `streams.py`: sorted streams, group by group
- `report.py`: what was found
"""

from holdfast.engine.proving.books import prove_books
from holdfast.engine.proving.report import Progress, ProofReport, Report
from holdfast.engine.proving.store import Fact, ProofStore, ProofStores

__all__ = ["Fact", "Progress", "ProofReport", "ProofStore", "ProofStores", "Report", "prove_books"]
