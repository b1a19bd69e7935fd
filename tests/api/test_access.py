"""Access: who gets in, who may do what, and nobody sees a neighbour's things."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import pytest
from starlette.datastructures import Headers

from holdfast.api.access import REMEMBERED_MAX, TRUST_SECONDS, Access
from holdfast.api.app import ENDPOINTS
from holdfast.api.calls import Endpoint
from holdfast.domain.errors import HoldfastError, ServerBusy, Unauthenticated
from tests.api.conftest import TUESDAY_TEN, Place
from tests.api.driver import Client
from tests.api.gateway_for_tests import InlineGateway
from tests.api.subjects import SUBJECTS, Bazaar, query_of

T = TypeVar("T")

CLIENTS = ("owner", "manager", "staff", "viewer", "page")
EVERYBODY = frozenset(CLIENTS)
PLACING = EVERYBODY - {"viewer"}
MEMBERS = EVERYBODY - {"page"}
STAFF = frozenset({"owner", "manager", "staff"})
MANAGERS = frozenset({"owner", "manager"})
OWNERS = frozenset({"owner"})

# Reviewed by hand: who may use which operation. The code's own table is not asked.
MAY = {
    "placeHold": PLACING,
    "listHolds": MEMBERS,
    "releaseHoldsOfClient": PLACING,
    "getHold": EVERYBODY,
    "deleteHold": PLACING,
    "extendHold": PLACING,
    "releaseHold": PLACING,
    "convertHold": PLACING,
    "placeBooking": PLACING,
    "listBookings": MEMBERS,
    "listUpcomingBookings": MEMBERS,
    "getBookingByNumber": MEMBERS,
    "getBooking": EVERYBODY,
    "previewCancellation": EVERYBODY,
    "getBookingLocation": EVERYBODY,
    "recordPaid": STAFF,
    "quotePrice": EVERYBODY,
    "quoteMove": EVERYBODY,
    "listPolicyPresets": EVERYBODY,
    "confirmBooking": STAFF,
    "declineBooking": STAFF,
    "checkInBooking": STAFF,
    "checkOutBooking": STAFF,
    "completeBooking": STAFF,
    "markNoShow": STAFF,
    "undoBooking": STAFF,
    "placeWalkIn": STAFF,
    "placeEmergency": STAFF,
    "changeBooking": PLACING,
    "rescheduleBooking": PLACING,
    "reassignBooking": STAFF,
    "listAffectedBookings": MEMBERS,
    "rateBooking": PLACING,
    "cancelBooking": PLACING,
    "listBookingHistory": STAFF,
    "listAvailability": EVERYBODY,
    "nextAvailability": EVERYBODY,
    "checkAvailability": EVERYBODY,
    "explainAvailability": EVERYBODY,
    "addResource": MANAGERS,
    "listResources": EVERYBODY,
    "getResource": EVERYBODY,
    "changeResource": MANAGERS,
    "deleteResource": MANAGERS,
    "activateResource": MANAGERS,
    "deactivateResource": MANAGERS,
    "restoreResource": MANAGERS,
    "reorderResources": MANAGERS,
    "addPromoCode": MANAGERS,
    "listPromoCodes": MEMBERS,
    "getPromoCode": MEMBERS,
    "changePromoCode": MANAGERS,
    "deletePromoCode": MANAGERS,
    "addPool": MANAGERS,
    "listPools": EVERYBODY,
    "getPool": EVERYBODY,
    "changePool": MANAGERS,
    "deletePool": MANAGERS,
    "restorePool": MANAGERS,
    "addOffering": MANAGERS,
    "listOfferings": EVERYBODY,
    "getOffering": EVERYBODY,
    "changeOffering": MANAGERS,
    "deleteOffering": MANAGERS,
    "setOfferingRequirements": MANAGERS,
    "listEligibleResources": EVERYBODY,
    "getResourceSchedule": EVERYBODY,
    "setResourceSchedule": MANAGERS,
    "addResourceRules": MANAGERS,
    "getOfferingSchedule": EVERYBODY,
    "setOfferingSchedule": MANAGERS,
    "addOfferingRules": MANAGERS,
    "removeRule": MANAGERS,
    "addBlock": MANAGERS,
    "listBlocks": EVERYBODY,
    "getBlock": EVERYBODY,
    "removeBlock": MANAGERS,
    "addResourceBlock": MANAGERS,
    "listResourceBlocks": EVERYBODY,
    "addSlot": MANAGERS,
    "addSlots": MANAGERS,
    "generateSlots": MANAGERS,
    "deleteSlots": MANAGERS,
    "changeSlot": MANAGERS,
    "limitSlot": MANAGERS,
    "stripeSlot": MANAGERS,
    "initialiseDays": MANAGERS,
    "adjustDays": MANAGERS,
    "setDay": MANAGERS,
    "listDays": MEMBERS,
    "reportCapacity": MEMBERS,
    "reportOutlook": MEMBERS,
    "findBookings": MEMBERS,
    "showAgenda": MEMBERS,
    "cancelSlot": MANAGERS,
    "removeResourceBlock": MANAGERS,
    "listSlots": EVERYBODY,
    "getSlot": EVERYBODY,
    "getOrder": MEMBERS,
    "planSeries": EVERYBODY,
    "placeSeries": PLACING,
    "listSeries": MEMBERS,
    "getSeries": EVERYBODY,
    "cancelSeries": PLACING,
    "skipOccurrence": PLACING,
    "addOccurrence": PLACING,
    "moveOccurrence": PLACING,
    "joinWaitlist": PLACING,
    "listWaitlist": MEMBERS,
    "getWaitlistEntry": EVERYBODY,
    "leaveWaitlist": PLACING,
    "declineInvitation": PLACING,
    "acceptInvitation": PLACING,
    "addCategory": MANAGERS,
    "listCategories": EVERYBODY,
    "getCategory": EVERYBODY,
    "changeCategory": MANAGERS,
    "deleteCategory": MANAGERS,
    "reorderCategories": MANAGERS,
    "addCustomer": STAFF,
    "listCustomers": MEMBERS,
    "getCustomer": MEMBERS,
    "changeCustomer": STAFF,
    "blockCustomer": STAFF,
    "liftCustomerBlock": STAFF,
    "addMember": OWNERS,
    "inviteMember": OWNERS,
    "renewMemberInvitation": OWNERS,
    "listMembers": OWNERS,
    "getMember": OWNERS,
    "changeMember": OWNERS,
    "addKey": OWNERS,
    "listKeys": OWNERS,
    "getKey": OWNERS,
    "revokeKey": OWNERS,
    "getTenant": EVERYBODY,
    "changeTenant": OWNERS,
    "listHistory": STAFF,
    "listListeners": STAFF,
}


def test_the_reviewed_table_names_every_operation() -> None:
    assert sorted(MAY) == sorted(endpoint.name for endpoint in ENDPOINTS)


@pytest.mark.parametrize("named", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_who_may_use_an_operation(place: Place, named: Endpoint) -> None:
    """AC-P02, A1, A2: every route with every kind of key, and with none."""
    bazaar = Bazaar(place)
    sent = SUBJECTS[named.name](bazaar).body if named.name in SUBJECTS else None
    staff_only = {"internal_note", "customer_id", "override", "reference", "keeps_price"}
    staff_only |= {"order_total_minor", "customer_attributes"}
    body = None if sent is None else {k: v for k, v in sent.items() if k not in staff_only}
    path = named.path.format_map({**bazaar.ids, "resource_id": place.chair})
    query = query_of(named.name, bazaar)

    def status(client: Client) -> int:
        return client.send(named.method, path, query=query, body=body).status

    statuses = {name: status(getattr(place, name)) for name in reversed(CLIENTS)}

    assert {name for name, found in statuses.items() if found == 403} == EVERYBODY - MAY[named.name]
    assert 401 not in statuses.values()
    assert status(place.nobody) == 401


@pytest.mark.parametrize(
    "named", [e for e in ENDPOINTS if "{" in e.path], ids=lambda endpoint: endpoint.name
)
def test_what_belongs_to_another_business_is_not_found(place: Place, named: Endpoint) -> None:
    """A1, AC-P01: never 403, which would say that it exists."""
    bazaar = Bazaar(place)
    number = place.owner.get(f"/v1/bookings/{bazaar.booking()}").json["number"]
    body = SUBJECTS[named.name](bazaar).body if named.name in SUBJECTS else None

    reply = place.stranger.send(
        named.method,
        named.path.format_map({**bazaar.ids, "number": number}),
        query=query_of(named.name, bazaar),
        body=body,
    )

    assert (reply.status, reply.code) == (404, "record.not_found")


def test_another_business_s_ids_in_a_body_are_not_found(place: Place) -> None:
    bazaar = Bazaar(place)
    bodies: dict[str, dict[str, object]] = {
        "/v1/holds": {"offering_id": bazaar.fair, "starts_at": TUESDAY_TEN},
        "/v1/bookings": {"slot_id": bazaar.slot, "contact": {"name": "Eve"}},
        "/v1/slots": {"offering_id": bazaar.fair, "starts_at": TUESDAY_TEN},
        "/v1/resources": {"name": "x", "category_id": bazaar.category},
        "/v1/blocks": {
            "resource_id": bazaar.room,
            "first_on": "2026-07-01",
            "last_on": "2026-07-01",
        },
    }

    codes = {path: place.stranger.post(path, body).code for path, body in bodies.items()}

    assert codes == dict.fromkeys(bodies, "record.not_found")


def test_a_page_sees_and_changes_only_what_it_placed_itself(place: Place) -> None:
    """A1 inside one business."""
    choice = {"offering_id": place.cut, "starts_at": TUESDAY_TEN}
    own = place.page.post("/v1/holds", choice).json["hold_id"]
    later = {**choice, "starts_at": "2026-06-02T10:00:00Z"}
    others = place.staff.post("/v1/holds", later).json["hold_id"]

    seen = [place.page.get(f"/v1/holds/{hold_id}").status for hold_id in (own, others)]
    changed = [
        place.page.post(f"/v1/holds/{others}/{verb}", {}).status
        for verb in ("extend", "release", "convert")
    ]

    assert seen == [200, 404]
    assert changed == [404, 404, 404]
    assert place.staff.get(f"/v1/holds/{others}").json["status"] == "active"


def test_a_page_never_sees_nor_writes_an_internal_note(place: Place) -> None:
    booked = {
        "offering_id": place.cut,
        "starts_at": TUESDAY_TEN,
        "contact": {"name": "Ada"},
    }
    reply = place.page.post("/v1/bookings", booked)
    noted = place.page.post("/v1/bookings", {**booked, "internal_note": "psst"})
    path = f"/v1/bookings/{reply.json['booking_id']}"

    assert (reply.status, noted.status, noted.code) == (201, 403, "access.denied")
    assert "internal_note" not in reply.json
    assert "internal_note" not in place.page.get(path).json
    assert place.staff.get(path).json["internal_note"] == ""


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic dXNlcjpwYXNz",
        "Bearer hfs_nobody_0",
        "Bearer hfx_0_0",
        "Bearer hfs_../../_0",
        "Bearer hfs_0_0_0",
        "Bearer " + "x" * 10_000,
        "Bearer \xff\xfe",
        "bearer ' OR 1=1 --",
    ],
)
def test_what_is_not_a_key_of_ours_does_not_get_in(place: Place, value: str) -> None:
    reply = place.nobody.get("/v1/tenant", Authorization=value)

    assert (reply.status, reply.code) == (401, "access.unauthenticated")
    assert reply.headers["www-authenticate"] == 'Bearer realm="holdfast"'


def test_a_key_of_one_business_with_the_name_of_another_does_not_get_in(place: Place) -> None:
    assert place.owner.key is not None
    assert place.stranger.key is not None
    kind, _, secret = place.owner.key.split("_")
    other = place.stranger.key.split("_")[1]

    reply = place.nobody.with_key(f"{kind}_{other}_{secret}").get("/v1/tenant")

    assert reply.status == 401


def test_two_authorization_headers_do_not_get_in(place: Place) -> None:
    header = (b"authorization", f"Bearer {place.owner.key}".encode())

    reply = place.nobody.raw_header("GET", "/v1/tenant", [header, header])

    assert reply.status == 401


def test_a_revoked_key_is_out_at_once_where_nobody_had_used_it(place: Place) -> None:
    made = place.owner.post("/v1/keys", {"name": "k", "kind": "publishable"}).json

    place.owner.delete(f"/v1/keys/{made['key_id']}")

    assert place.nobody.with_key(made["secret"]).get("/v1/tenant").status == 401


class _Watch:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def headers_of(client: Client) -> Headers:
    """Return the headers that a client sends."""
    return Headers({"authorization": f"Bearer {client.key}"})


def test_a_key_that_was_seen_is_believed_for_five_seconds_and_no_longer(
    place: Place, runner: asyncio.Runner
) -> None:
    watch = _Watch()
    access = Access(place.gateway, monotonic=watch, trust_seconds=60.0)
    headers = headers_of(place.viewer)
    key_id = runner.run(access.caller_of(headers)).actor.actor_id
    place.owner.delete(f"/v1/keys/{key_id}")

    watch.seconds = TRUST_SECONDS - 0.001
    still = runner.run(access.caller_of(headers))
    watch.seconds = TRUST_SECONDS

    assert still.actor.actor_id == key_id
    with pytest.raises(Unauthenticated):
        runner.run(access.caller_of(headers))


def test_a_key_that_is_believed_is_not_looked_up_again(
    place: Place, runner: asyncio.Runner
) -> None:
    access = Access(place.gateway, monotonic=_Watch())
    headers = headers_of(place.viewer)
    runner.run(access.caller_of(headers))
    reads_before = place.gateway.read_count

    runner.run(access.caller_of(headers))

    assert place.gateway.read_count == reads_before


def test_only_so_many_keys_are_remembered(place: Place, runner: asyncio.Runner) -> None:
    access = Access(place.gateway, monotonic=_Watch())
    caller = runner.run(access.caller_of(headers_of(place.viewer)))

    for number in range(REMEMBERED_MAX + 10):
        access._remember(f"digest {number}", 5.0, caller)

    assert len(access._seen) == REMEMBERED_MAX


class _BrokenGateway(InlineGateway):
    """A gateway whose readers are all taken."""

    async def read(self, question: Callable[[], T]) -> T:
        raise ServerBusy


def test_when_a_key_cannot_be_looked_up_nobody_gets_in(
    place: Place, runner: asyncio.Runner
) -> None:
    access = Access(_BrokenGateway(place.engine))

    with pytest.raises(HoldfastError) as refusal:
        runner.run(access.caller_of(headers_of(place.owner)))

    assert refusal.value.code == "server.busy"
