"""One business on one database, on which batches are run while somebody interferes."""

from __future__ import annotations

from dataclasses import dataclass, field

from holdfast.engine.ports import WriteStores
from holdfast.engine.use_cases import Envelope, Outcome
from holdfast.storage.database import Database
from holdfast.storage.stores import SqlStores
from holdfast.testing.clocks import ManualClock, SeededIds
from tests.engine.faults import Interfere, let_be, unit_of_work_over
from tests.engine.invariants import faults_in
from tests.engine.scenes import Scene, said
from tests.engine.tables import names_in, story_of


@dataclass(kw_only=True)
class Stage:
    """A business, its database, and the interference to which its batches are put."""

    database: Database
    clock: ManualClock
    scene: Scene
    interfere: Interfere = let_be
    stores: WriteStores | None = None
    ids: SeededIds = field(default_factory=lambda: SeededIds(1))

    def run(self, *envelopes: Envelope) -> list[Outcome]:
        """Run a batch."""
        unit_of_work = unit_of_work_over(
            stores=self.stores or SqlStores(self.database), ids=self.ids, interfere=self.interfere
        )
        return unit_of_work.run(self.scene.desk.tenant_id, envelopes)

    @property
    def story(self) -> list[str]:
        """What the tables say."""
        return story_of(self.database)

    def said(self, outcomes: list[Outcome]) -> list[str]:
        """What outcomes say."""
        return said(outcomes, names_in(self.database))

    @property
    def faults(self) -> list[str]:
        """What is wrong with the books."""
        return faults_in(self.database, self.clock.now())
