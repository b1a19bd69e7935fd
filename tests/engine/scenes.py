"""A small business in the middle of its day, and a batch of seven commands that hang together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from holdfast.bootstrap import Engine
from holdfast.domain.access import SYSTEM
from holdfast.domain.claims import resource_key
from holdfast.domain.customers import Contact
from holdfast.domain.holds import Hold
from holdfast.domain.offerings import Offering
from holdfast.domain.resources import Resource
from holdfast.engine.bookings import ConvertHold, PlaceBooking
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.holds import PlaceHold, ReleaseHold
from holdfast.engine.making import Details
from holdfast.engine.ports import Answer, IdempotencyKey
from holdfast.engine.records import canonical_json, plain
from holdfast.engine.use_cases import Envelope, Outcome
from tests.engine.businesses import add_class, add_offering, add_room, at, hold, open_desk
from tests.engine.tables import named


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A business with a room, a court, a yoga class, two holds, and a room that nobody wants."""

    desk: TenantEngine
    room: Resource
    spare: Resource
    meeting: Offering
    tennis: Offering
    yoga: Offering
    on_court: Hold
    in_room: Hold

    @property
    def room_key(self) -> str:
        """The room's guard."""
        return resource_key(self.room.resource_id)

    @property
    def spare_key(self) -> str:
        """The spare room's guard."""
        return resource_key(self.spare.resource_id)

    def meeting_at(self, clock_time: str) -> Choice:
        """The meeting that starts then."""
        return Choice(offering_id=self.meeting.offering_id, starts_at=at(clock_time))

    def yoga_at(self, clock_time: str) -> Choice:
        """The class that starts then."""
        return Choice(offering_id=self.yoga.offering_id, starts_at=at(clock_time))

    def tennis_at(self, clock_time: str) -> Choice:
        """The hour on the court that starts then."""
        return Choice(offering_id=self.tennis.offering_id, starts_at=at(clock_time))


def open_scene(engine: Engine) -> Scene:
    """Open the business."""
    desk = open_desk(engine)
    room, court, hall = add_room(desk), add_room(desk, "Court"), add_room(desk, "Hall")
    meeting = add_offering(desk, "meeting", room)
    tennis = add_offering(desk, "tennis", court)
    yoga = add_class(desk, "yoga", hall, places=2)
    return Scene(
        desk=desk,
        room=room,
        spare=add_room(desk, "Spare"),
        meeting=meeting,
        tennis=tennis,
        yoga=yoga,
        on_court=hold(desk, tennis, at("10:00"), client_key="on court"),
        in_room=hold(desk, meeting, at("15:00"), client_key="in room"),
    )


def seven(scene: Scene) -> list[Envelope]:
    """Seven commands whose outcomes depend on one another and on their order."""
    place, late = scene.meeting_at("12:00"), scene.yoga_at("18:00")
    grace = Details(contact=Contact(name="Grace"))
    return [
        command(PlaceHold(choice=place, client_key="first")),
        command(PlaceHold(choice=place, client_key="too late for the room")),
        command(PlaceBooking(choice=late, party_size=1, details=grace)),
        command(PlaceHold(choice=late, party_size=1, client_key="last place")),
        command(ReleaseHold(hold_id=scene.on_court.hold_id)),
        command(PlaceHold(choice=scene.tennis_at("10:00"), client_key="on the freed court")),
        command(
            ConvertHold(hold_id=scene.in_room.hold_id, details=Details(external_order_id="order 7"))
        ),
    ]


def command(wanted: object, *, key: str | None = None, fingerprint: str = "") -> Envelope:
    """Put a command of the system's into an envelope, under an idempotency key if given."""
    if key is None:
        return Envelope(command=wanted, actor=SYSTEM)
    kept = IdempotencyKey(caller="test", route="test", key=key, fingerprint=fingerprint)
    return Envelope(command=wanted, actor=SYSTEM, render=rendered, idempotency=kept)


def rendered(result: object) -> Answer:
    """Render whatever a command returned."""
    return Answer(status=200, headers=(), body=canonical_json(plain(result)).encode())


def said(outcomes: Sequence[Outcome], names: dict[str, str]) -> list[str]:
    """Write outcomes down, with names in the place of ids."""
    return [
        named({"code": outcome.error.code, **outcome.error.fields}, names)
        if outcome.error
        else named(outcome.result, names)
        for outcome in outcomes
    ]
