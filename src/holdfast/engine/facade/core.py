"""The engine: opens businesses, and gives each of them its features."""

from __future__ import annotations

from collections.abc import Callable

from holdfast.domain.access import SYSTEM, Actor
from holdfast.domain.accounts import HOUSE
from holdfast.domain.errors import RecordExists, RecordNotFound
from holdfast.domain.ids import TenantId
from holdfast.domain.tenants import Tenant
from holdfast.engine.asking import Asking, Streams
from holdfast.engine.facade.accounts import Accounts
from holdfast.engine.facade.agenda import AgendaBook
from holdfast.engine.facade.availability import AvailabilityAnswers
from holdfast.engine.facade.blocks import Blocks
from holdfast.engine.facade.bookings import Bookings
from holdfast.engine.facade.calendars import Calendars
from holdfast.engine.facade.catalogue import Categories, Offerings, Resources, Schedules
from holdfast.engine.facade.eligibility import EligibleResources
from holdfast.engine.facade.history import History
from holdfast.engine.facade.holds import Holds
from holdfast.engine.facade.listeners import Listeners
from holdfast.engine.facade.orders import Orders
from holdfast.engine.facade.people import Customers, Keys, Members
from holdfast.engine.facade.pools import Pools
from holdfast.engine.facade.port import Port, result_of
from holdfast.engine.facade.promo_codes import PromoCodes
from holdfast.engine.facade.quotes import Quotes
from holdfast.engine.facade.reassigning import Reassigning
from holdfast.engine.facade.reports import Reports
from holdfast.engine.facade.series import SeriesBook
from holdfast.engine.facade.slots import Slots
from holdfast.engine.facade.waitlist import Waitlist
from holdfast.engine.ports import Clock, Ids, Quiescence, ReadStores, TenantRegister
from holdfast.engine.reading import get
from holdfast.engine.sweeping import Sweeper
from holdfast.engine.tenants import AddTenant, ChangeTenant
from holdfast.engine.unit_of_work import UnitOfWork


class TenantEngine:
    """One business's features, as one actor.

    Attributes:
        tenant_id: The business.
        actor: Who acts.
        categories, resources, pools, calendars, offerings, schedules, blocks, slots: What it
            offers, and when.
        members, keys, customers: Its people.
        availability, quotes, promo_codes, eligibility, holds, bookings, waitlist, series, orders,
            history: What is taken, and what it costs.
        agenda, reports: What stands in some days, and how much of what there is that takes.
    """

    def __init__(self, port: Port) -> None:
        self._port = port
        self.tenant_id = port.tenant_id
        self.actor = port.actor
        self.categories = Categories(port)
        self.resources = Resources(port)
        self.pools = Pools(port)
        self.calendars = Calendars(port)
        self.offerings = Offerings(port)
        self.schedules = Schedules(port)
        self.blocks = Blocks(port)
        self.slots = Slots(port)
        self.members = Members(port)
        self.keys = Keys(port)
        self.customers = Customers(port)
        self.availability = AvailabilityAnswers(port)
        self.holds = Holds(port, self.availability)
        self.bookings = Bookings(port, self.availability)
        self.quotes = Quotes(port)
        self.promo_codes = PromoCodes(port)
        self.eligibility = EligibleResources(port)
        self.reassigning = Reassigning(port)
        self.waitlist = Waitlist(port)
        self.series = SeriesBook(port)
        self.orders = Orders(port)
        self.history = History(port)
        self.listeners = Listeners(port)
        self.reports = Reports(port)
        self.agenda = AgendaBook(port)

    def get(self) -> Tenant:
        """Return the business itself."""
        return self._port.read(lambda store: get(store, Tenant, self.tenant_id))

    def change(self, changes: dict[str, object], *, if_version: int | None = None) -> Tenant:
        """Change the business's name, zone or defaults. See `ChangeTenant`."""
        command = ChangeTenant(changes=changes, if_version=if_version)
        return result_of(Tenant, self._port.run(command))

    def run(self, command: object) -> object:
        """Run any command of the engine's as this actor."""
        return self._port.run(command)


class Engine:
    """The booking engine over one database. Any thread may use it.

    Attributes:
        unit_of_work: The one path of every write.
        sweeper: Ends holds by the hundred, under the same locks.
        reads: Where displays are read from.
        quiescence: How to wait for those who are writing now.
        tenants: The register of businesses.
        accounts: Who can sign in, whichever businesses they work for.
        clock: The wall clock of this process; decisions take the database's.
        asking: How hooks are asked; None where there are none.
        streams: How far those who are told of facts have come.
    """

    def __init__(
        self,
        *,
        unit_of_work: UnitOfWork,
        sweeper: Sweeper,
        reads: ReadStores,
        quiescence: Quiescence,
        register: TenantRegister,
        ids: Ids,
        clock: Clock,
        close: Callable[[], None],
        asking: Asking | None = None,
        streams: Streams | None = None,
    ) -> None:
        self.asking = asking
        self.streams = streams
        self.unit_of_work = unit_of_work
        self.sweeper = sweeper
        self.reads = reads
        self.quiescence = quiescence
        self.register = register
        self.ids = ids
        self.clock = clock
        self._close = close
        self.accounts = Accounts(
            register=register,
            reads=reads,
            house=self._port(HOUSE, SYSTEM),
            port_of=lambda tenant_id: self._port(tenant_id, SYSTEM),
        )

    def add_tenant(self, command: AddTenant) -> Tenant:
        """Open a business.

        Raises:
            RecordExists: The slug is taken.
            InputInvalid: The request is malformed.
        """
        if self.register.find_by_slug(command.slug) is not None:
            raise RecordExists(kind="tenant", key=command.slug)
        tenant_id = TenantId(self.ids.new("tnt", now=self.clock.now()))
        return result_of(Tenant, self._port(tenant_id, SYSTEM).run(command))

    def list_tenants(self) -> list[Tenant]:
        """Return all businesses, by slug."""
        return self.register.list_all()

    def tenant(self, slug_or_id: str, *, actor: Actor = SYSTEM) -> TenantEngine:
        """Return a business's features, as an actor; by default as the system itself.

        Raises:
            RecordNotFound: There is no such business.
        """
        tenant = self.register.find(slug_or_id)
        if tenant is None:
            raise RecordNotFound(kind="tenant", key=slug_or_id)
        return self.at(tenant.tenant_id, actor=actor)

    def at(self, tenant_id: TenantId, *, actor: Actor) -> TenantEngine:
        """Return the features of a business that is known to exist."""
        return TenantEngine(self._port(tenant_id, actor))

    def close(self) -> None:
        """Close the database. The engine is of no more use."""
        self._close()

    def _port(self, tenant_id: TenantId, actor: Actor) -> Port:
        return Port(
            unit_of_work=self.unit_of_work,
            reads=self.reads,
            quiescence=self.quiescence,
            ids=self.ids,
            tenant_id=tenant_id,
            actor=actor,
            asking=self.asking,
            streams=self.streams,
        )
