"""People through the API: customers, members, keys, and the business itself."""

from __future__ import annotations

from tests.api.conftest import TUESDAY_TEN, Place


def test_a_customer_is_added_found_and_changed(place: Place) -> None:
    """I8: addresses and numbers are found however they are written."""
    body = {
        "name": "Zoë",
        "email": "Zoe@B.example",
        "phone": "+33 6 12-34",
        "account_id": "u1",
        "metadata": {"vip": True},
    }
    reply = place.staff.post("/v1/customers", body)
    added = reply.json
    path = f"/v1/customers/{added['customer_id']}"

    by_email = place.viewer.get("/v1/customers", {"email": " ZOE@b.EXAMPLE "}).json["items"]
    by_phone = place.viewer.get("/v1/customers", {"phone": "0033 61234"}).json["items"]
    by_none = place.viewer.get("/v1/customers", {"email": "x@b.example"}).json["items"]
    changed = place.staff.patch(path, {"name": "Zoé", "phone": None}).json
    gone = place.staff.patch(path, {"status": "deleted"}).json

    assert added == {
        **body,
        "customer_id": added["customer_id"],
        "status": "active",
        "created_at": "2026-06-01T08:00:00Z",
        "version": 1,
        "blocked_until": None,
        "block_reason": None,
        "no_shows": [],
    }
    assert (by_email, by_phone, by_none) == ([added], [added], [])
    assert (changed["name"], changed["phone"], changed["email"]) == ("Zoé", None, "Zoe@B.example")
    assert gone["status"] == "deleted"
    assert place.viewer.get("/v1/customers").json["items"] == []
    assert place.viewer.get(path).json == gone


def test_an_address_belongs_to_one_customer(place: Place) -> None:
    first = place.staff.post("/v1/customers", {"name": "A", "email": "a@b.example"}).json
    other = place.staff.post("/v1/customers", {"name": "B"}).json

    twice = place.staff.post("/v1/customers", {"name": "C", "email": "A@B.example"})
    taken = place.staff.patch(f"/v1/customers/{other['customer_id']}", {"email": "a@b.example"})
    place.staff.patch(f"/v1/customers/{first['customer_id']}", {"status": "deleted"})
    free = place.staff.patch(f"/v1/customers/{other['customer_id']}", {"email": "a@b.example"})
    back = place.staff.patch(f"/v1/customers/{first['customer_id']}", {"status": "active"})

    assert [twice.code, taken.code, back.code] == ["record.already_exists"] * 3
    assert free.json["email"] == "a@b.example"


def test_a_booking_adds_its_customer_and_finds_them_again(place: Place) -> None:
    """AC-D02, C-33."""
    contact = {"contact": {"name": "Ada", "email": "ada@b.example"}}
    choice = {"offering_id": place.cut, **contact}
    first = place.page.post("/v1/bookings", {**choice, "starts_at": TUESDAY_TEN}).json
    again = place.page.post("/v1/bookings", {**choice, "starts_at": "2026-06-02T10:00:00Z"}).json

    customers = place.viewer.get("/v1/customers").json["items"]

    assert first["customer_id"] == again["customer_id"] == customers[0]["customer_id"]
    assert len(customers) == 1


def test_a_member_is_added_changed_and_shut_out(place: Place) -> None:
    """AC-P02."""
    body = {"email": "Bo@b.example", "name": "Bo", "role": "Staff"}
    added = place.owner.post("/v1/members", body).json
    path = f"/v1/members/{added['member_id']}"

    twice = place.owner.post("/v1/members", {**body, "email": "bo@B.EXAMPLE"})
    changed = place.owner.patch(path, {"role": "manager", "status": "inactive"}).json

    assert (added["role"], added["email"], added["status"]) == ("staff", "Bo@b.example", "active")
    assert twice.code == "record.already_exists"
    assert (changed["role"], changed["status"]) == ("manager", "inactive")
    assert place.owner.get("/v1/members").json["items"] == []
    assert place.owner.get("/v1/members", {"status": "inactive"}).json["items"] == [changed]
    assert place.owner.get(path).json == changed


def test_a_key_shows_its_secret_once(place: Place) -> None:
    """AC-P08."""
    made = place.owner.post("/v1/keys", {"name": "till", "kind": "secret", "role": "staff"})
    secret = made.json["secret"]
    path = f"/v1/keys/{made.json['key_id']}"

    works = place.nobody.with_key(secret).get("/v1/tenant").status
    shown = place.owner.get(path)
    listed = place.owner.get("/v1/keys")
    revoked = [place.owner.delete(path).json["status"] for _ in range(2)]

    assert (made.status, works) == (201, 200)
    assert made.json == {**shown.json, "secret": secret}
    assert shown.json["hint"] == secret[-4:]
    assert secret.encode() not in shown.body + listed.body
    assert b"digest" not in shown.body + listed.body
    assert revoked == ["inactive", "inactive"]
    assert place.owner.get(path).json["revoked_at"] == "2026-06-01T08:00:00Z"


def test_a_secret_key_has_a_role_and_a_publishable_one_has_none(place: Place) -> None:
    replies = [
        place.owner.post("/v1/keys", {"name": "k", "kind": "secret"}),
        place.owner.post("/v1/keys", {"name": "k", "kind": "publishable", "role": "owner"}),
    ]

    assert [r.json["errors"][0]["pointer"] for r in replies] == ["/role", "/role"]


def test_a_business_is_shown_and_changed(place: Place) -> None:
    body = {
        "slug": "sarah-b",
        "name": "Sarah & B",
        "zone": "Europe/Lisbon",
        "currency": "USD",
        "notice_minutes": 90,
        "horizon_days": 10,
        "metadata": {"a": None},
    }
    before = place.page.get("/v1/tenant").json

    changed = place.owner.patch("/v1/tenant", body).json
    closed = place.owner.patch("/v1/tenant", {"status": "inactive"}).json
    refused = place.staff.post("/v1/holds", {"offering_id": place.cut, "starts_at": TUESDAY_TEN})

    assert changed == {**before, **body, "version": 2}
    assert closed["status"] == "inactive"
    assert (refused.code, refused.json["reason"]) == ("availability.closed", "tenant_inactive")


def test_another_business_s_slug_is_taken(place: Place) -> None:
    reply = place.owner.patch("/v1/tenant", {"slug": "odeon"})

    assert (reply.status, reply.code) == (409, "record.already_exists")
    assert place.owner.get("/v1/tenant").json["slug"] == "sarah"
