"""Django's admin is one more door: what is done there takes the same path as anywhere else."""

import json

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import RefreshToken

from chat.models import ChatInbox, Message
from crm.models import (
    ApiKey,
    AuditEntry,
    SecondStep,
    User,
    WebhookDelivery,
    WebhookEndpoint,
)
from leads.models import (
    Activity,
    Appointment,
    Attendance,
    CalendarFeed,
    Comment,
    Delivery,
    FileImport,
    Following,
    ImportedRow,
    Interaction,
    Lead,
    ListColumns,
    Looking,
    Mention,
    Merge,
    Origin,
    Pause,
    Rule,
    SavedView,
    ScoreRules,
    Source,
    Tag,
    Task,
)
from notifications import realtime
from notifications.models import (
    Announcement,
    Event,
    Inbox,
    MeasuredProcess,
    Notification,
    Preference,
    WorkerProcess,
)
from tests.factories import (
    AppointmentFactory,
    CommentFactory,
    InteractionFactory,
    LeadFactory,
    TaskFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

LEADS, NOTES, USERS = (
    "/admin/leads/lead/",
    "/admin/notifications/notification/",
    "/admin/crm/user/",
)
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"
LEAD = {"first_name": "John", "last_name": "Doe", "email": "john@example.org", "stage": "new"}


@pytest.fixture
def desk(client, administrator):
    """A browser without JavaScript, signed in as the administrator."""
    client.force_login(administrator, backend=MODEL_BACKEND)
    return client


@pytest.fixture
def pushed(monkeypatch):
    """The frames that were published instead of sent: (user id, frame)."""
    frames = []

    def publish(pushes, then=None):
        frames.extend((push.user_id, json.loads(push.text)) for push in pushes)

    monkeypatch.setattr(realtime, "publish", publish)
    return frames


def saved(response):
    """Asserts that a form was taken: the admin answers a mistake with the form again."""
    errors = response.context["errors"] if response.status_code == 200 else None
    assert response.status_code == 302, errors
    return response


def delete_selected(desk, address, rows):
    data = {
        "action": "delete_selected",
        "_selected_action": [row.pk for row in rows],
        "post": "yes",
    }
    return saved(desk.post(address, data))


def told(api_of, user, kind="lead_created"):
    rows = api_of(user).get("/api/notifications/", {"type": kind}).json()["results"]
    return [(row["message"], row["actorId"], row["relatedLeadId"]) for row in rows]


# Leads


def test_a_lead_made_in_the_admin_is_told_like_any_other(
    desk, administrator, owner, outsider, api_of, pushed, committing
):
    with committing():
        saved(desk.post(f"{LEADS}add/", LEAD | {"company": "ABC Company"}))
    lead = Lead.objects.get()
    assert lead.created_by == administrator
    event = Event.objects.get()
    assert (event.kind, event.related_lead, event.actor) == ("lead_created", lead, administrator)
    text = "John Doe (ABC Company) added to pipeline"
    for person in (owner, administrator):
        assert told(api_of, person) == [(text, administrator.pk, lead.pk)]
        types = [frame["type"] for user_id, frame in pushed if user_id == person.pk]
        assert types == ["lead:created", "notification:created"]
    assert not Notification.objects.filter(recipient=outsider).exists()


def test_a_lead_without_a_name_is_refused_in_the_admin(desk):
    response = desk.post(f"{LEADS}add/", LEAD | {"first_name": "", "last_name": ""})
    assert response.status_code == 200
    assert "Give a name" in response.content.decode()
    assert (Lead.objects.count(), Event.objects.count()) == (0, 0)


def test_a_lead_changed_in_the_admin_is_told_with_who_did_it(
    desk, administrator, owner, api_of, pushed, committing
):
    with committing():
        lead = LeadFactory(email="john@example.org", created_by=owner)
    pushed.clear()
    with committing():
        saved(desk.post(f"{LEADS}{lead.pk}/change/", LEAD | {"phone": "555 1234"}))
    lead.refresh_from_db()
    assert (lead.phone, lead.created_by) == ("555 1234", owner)
    assert told(api_of, owner, "contact") == [("John Doe: phone", administrator.pk, lead.pk)]
    types = {frame["type"] for user_id, frame in pushed if user_id == owner.pk}
    assert types == {"lead:updated", "notification:created"}


def delete_one(desk, lead):
    saved(desk.post(f"{LEADS}{lead.pk}/delete/", {"post": "yes"}))


def delete_by_action(desk, lead):
    delete_selected(desk, LEADS, [lead])


@pytest.mark.parametrize("delete", [delete_one, delete_by_action])
def test_a_lead_deleted_in_the_admin_leaves_its_notifications(
    delete, desk, owner, api_of, pushed, committing
):
    with committing():
        gone, stays = LeadFactory(first_name="Gone"), LeadFactory(first_name="Stays")
    pushed.clear()
    with committing():
        delete(desk, gone)
    assert list(Lead.objects.all()) == [stays]
    assert told(api_of, owner) == [
        ("Stays Doe added to pipeline", None, stays.pk),
        ("Gone Doe added to pipeline", None, None),
    ]
    mine = [frame for user_id, frame in pushed if user_id == owner.pk]
    assert [frame["type"] for frame in mine] == ["notification:updated", "lead:deleted"]
    assert (mine[0]["notification"]["url"], mine[1]["id"]) == ("", gone.pk)


# What belongs to a lead


def test_a_comment_made_in_the_admin_is_told_like_any_other(
    desk, administrator, owner, api_of, lead, committing
):
    with committing():
        saved(desk.post("/admin/leads/comment/add/", {"lead": lead.pk, "body": "An offer"}))
    comment = Comment.objects.get()
    assert (comment.created_by, comment.activity.lead) == (administrator, lead)
    text = "Ada Example on John Doe: An offer"
    assert told(api_of, owner, "comment_added") == [(text, administrator.pk, lead.pk)]


def test_what_is_changed_in_the_admin_stays_with_its_lead(desk, lead, owner):
    call, other = InteractionFactory(lead=lead, created_by=owner), LeadFactory()
    form = {
        "lead": other.pk,
        "kind": "email",
        "direction": "in",
        "body": "Changed",
        "occurred_at_0": "2026-03-01",
        "occurred_at_1": "12:00:00",
    }
    saved(desk.post(f"/admin/leads/interaction/{call.pk}/change/", form))
    call.refresh_from_db()
    assert (call.body, call.lead, call.kind, call.created_by) == ("Changed", lead, "call", owner)


def test_tasks_are_completed_by_an_action_once(
    desk, administrator, owner, api_of, lead, committing
):
    tasks = [TaskFactory(lead=lead, title=title) for title in ("One", "Two")]
    tasks[0].complete(by=owner)
    data = {"action": "complete", "_selected_action": [task.pk for task in tasks]}
    with committing():
        shown = desk.post("/admin/leads/task/", data, follow=True).content.decode()
    assert "1 completed." in shown
    actors = [actor for _, actor, _ in told(api_of, owner, "task_completed")]
    assert actors == [administrator.pk, owner.pk]
    assert not Task.objects.filter(completed_at=None).exists()


def test_an_appointment_is_made_and_cancelled_in_the_admin(
    desk, administrator, owner, api_of, lead, committing
):
    form = {
        "lead": lead.pk,
        "title": "Demo",
        "starts_at_0": "2026-03-02",
        "starts_at_1": "09:30:00",
        "ends_at_0": "2026-03-02",
        "ends_at_1": "09:30:00",
        "attendees": [owner.pk],
    }
    refused = desk.post("/admin/leads/appointment/add/", form)
    assert "Let it end after it starts." in refused.content.decode()
    with committing():
        saved(desk.post("/admin/leads/appointment/add/", form | {"ends_at_1": "10:00:00"}))
    made = Appointment.objects.get()
    assert made.attendee_ids == [owner.pk]
    assert [entry.kind for entry in lead.activities.all()] == ["event"]
    text = "Demo with John Doe at 2026-03-02 09:30 UTC"
    assert told(api_of, owner, "event") == [(text, administrator.pk, lead.pk)]
    both = form | {"ends_at_1": "10:00:00", "attendees": [administrator.pk, owner.pk]}
    saved(desk.post(f"/admin/leads/appointment/{made.pk}/change/", both))
    changed = lead.activities.latest("pk")
    assert (changed.kind, changed.actor) == ("event_changed", administrator)
    before, after = [owner.pk], [owner.pk, administrator.pk]
    assert changed.changes == [{"field": "attendeeIds", "from": before, "to": after}]
    saved(desk.post(f"/admin/leads/appointment/{made.pk}/change/", both))
    assert lead.activities.latest("pk") == changed
    delete_selected(desk, "/admin/leads/appointment/", [made])
    assert not Appointment.objects.exists()
    last = Activity.objects.latest("pk")
    assert (last.kind, last.actor) == ("event_cancelled", administrator)


def test_history_is_only_read_and_goes_with_what_it_tells_of(desk, lead):
    comment, stays = CommentFactory(lead=lead, body="@Ada Example"), CommentFactory()
    Looking.objects.arrive(lead, comment.activity.mentions.get().user, "tab")
    TaskFactory(lead=lead)
    path = f"/admin/leads/activity/{comment.activity.pk}/"
    assert desk.get(f"{path}change/").status_code == 200
    assert desk.post(f"{path}change/", {"message": "x"}).status_code == 403
    assert desk.post(f"{path}delete/", {"post": "yes"}).status_code == 403
    saved(desk.post(f"/admin/leads/comment/{comment.pk}/delete/", {"post": "yes"}))
    assert Activity.objects.filter(lead=lead).count() == 1
    delete_one(desk, lead)
    assert list(Lead.objects.all()) == [stays.lead]
    assert list(Activity.objects.all()) == [stays.activity]


def test_messages_are_shown_without_their_words_and_only_read(desk):
    message = make_message(1)
    path = f"/admin/chat/message/{message.pk}/"
    for address in ("/admin/chat/message/", f"{path}change/"):
        shown = desk.get(address).content.decode()
        assert str(message.sender) in shown
        assert "Secret" not in shown
    assert "Secret" not in desk.get("/admin/chat/message/?q=Secret").content.decode().replace(
        'value="Secret"', ""
    )
    assert desk.post(f"{path}change/", {"body": "x"}).status_code == 403
    assert desk.post(f"{path}delete/", {"post": "yes"}).status_code == 403
    assert desk.get("/admin/chat/message/add/").status_code == 403
    assert Message.objects.get().body == "Secret 1"


# Notifications


def test_a_notification_made_in_the_admin_takes_its_number_and_is_pushed(
    desk, owner, teammate, api_of, pushed, committing
):
    Notification.objects.create(recipient=owner, type="system", title="Before")
    form = {"recipient": owner.pk, "type": "system", "title": "Tea", "message": "At four"}
    with committing():
        saved(desk.post(f"{NOTES}add/", form))
    body = api_of(owner).get("/api/notifications/").json()
    assert (body["seq"], body["unreadCount"]) == (2, 2)
    tea = body["results"][0]
    assert (tea["title"], tea["message"], tea["seq"]) == ("Tea", "At four", 2)
    ((user_id, frame),) = pushed
    assert (user_id, frame["type"], frame["notification"]) == (
        owner.pk,
        "notification:created",
        tea,
    )
    assert not Notification.objects.filter(recipient=teammate).exists()


def test_a_notification_changed_in_the_admin_takes_the_next_number(
    desk, owner, api_of, pushed, committing
):
    made = Notification.objects.create(recipient=owner, type="system", title="Tea")
    form = {
        "type": "system",
        "title": "Tea, later",
        "read_at_0": "2026-03-01",
        "read_at_1": "12:00:00",
    }
    with committing():
        saved(desk.post(f"{NOTES}{made.pk}/change/", form))
    body = api_of(owner).get("/api/notifications/").json()
    assert (body["seq"], body["unreadCount"]) == (2, 0)
    assert (body["results"][0]["title"], body["results"][0]["isRead"]) == ("Tea, later", True)
    assert [frame["type"] for _, frame in pushed] == ["notification:updated"]


@pytest.mark.parametrize("way", ["one", "action"])
def test_a_notification_deleted_in_the_admin_leaves_a_tombstone(
    way, desk, owner, api_of, pushed, committing
):
    gone, stays = (
        Notification.objects.create(recipient=owner, type="system", title=title)
        for title in ("Gone", "Stays")
    )
    with committing():
        if way == "one":
            saved(desk.post(f"{NOTES}{gone.pk}/delete/", {"post": "yes"}))
        else:
            delete_selected(desk, NOTES, [gone])
    changes = api_of(owner).get("/api/notifications/changes/?since=2").json()
    assert (changes["removed"], changes["seq"], changes["unreadCount"]) == ([str(gone.pk)], 3, 1)
    assert [frame["type"] for _, frame in pushed] == ["notification:deleted"]
    shown = desk.get(NOTES).content.decode()
    assert str(stays.pk) in shown
    assert str(gone.pk) not in shown
    assert desk.get(f"{NOTES}{gone.pk}/change/").status_code == 302


# People


def test_a_user_made_in_the_admin_can_sign_in_in_any_case(desk):
    form = {
        "email": "New@Example.com",
        "role": "rep",
        "usable_password": "true",
        "password1": "correct horse battery",
        "password2": "correct horse battery",
    }
    saved(desk.post(f"{USERS}add/", form))
    credentials = {"email": "new@example.COM", "password": "correct horse battery"}
    assert APIClient().post("/api/auth/token/", credentials).status_code == 200
    again = desk.post(f"{USERS}add/", form | {"email": "NEW@example.com"})
    assert again.status_code == 200
    assert User.objects.filter(email__iexact="new@example.com").count() == 1


def test_changing_a_users_address_to_anothers_is_refused(desk, owner, teammate):
    form = {"first_name": "Olga", "last_name": "Owner", "role": "rep", "is_active": "on"}
    taken = desk.post(f"{USERS}{owner.pk}/change/", form | {"email": "TEAMMATE@example.com"})
    assert taken.status_code == 200
    saved(desk.post(f"{USERS}{owner.pk}/change/", form | {"email": "olga@example.com"}))
    owner.refresh_from_db()
    assert owner.email == "olga@example.com"


def test_users_are_deactivated_and_never_deleted(desk, owner, monkeypatch, committing):
    ended = []
    monkeypatch.setattr(realtime, "end_sockets", lambda user, **how: ended.append((user, how)))
    assert desk.post(f"{USERS}{owner.pk}/delete/", {"post": "yes"}).status_code == 403
    assert "delete_selected" not in desk.get(USERS).content.decode()
    data = {"action": "delete_selected", "_selected_action": [owner.pk], "post": "yes"}
    desk.post(USERS, data)
    assert User.objects.filter(pk=owner.pk).exists()
    assert ended == []
    form = {"email": owner.email, "first_name": "Olga", "last_name": "Owner", "role": "rep"}
    with committing():
        saved(desk.post(f"{USERS}{owner.pk}/change/", form))
    owner.refresh_from_db()
    assert not owner.is_active
    assert ended == [(owner.pk, {"code": 4403})]


PERSON = {"first_name": "Ada", "last_name": "Example", "role": "admin", "is_active": "on"}
LAST = [
    ({"role": "rep"}, "role"),
    ({"role": "manager"}, "role"),
    ({"is_active": ""}, "is_active"),
    ({"role": "rep", "is_active": ""}, "role"),
]


@pytest.mark.parametrize(("changes", "field"), LAST)
def test_the_last_active_administrator_stays_one(changes, field, desk, administrator):
    UserFactory(role=User.Role.ADMIN, is_active=False)
    address, form = f"{USERS}{administrator.pk}/change/", PERSON | {"email": administrator.email}
    refused = desk.post(address, form | changes)
    assert refused.status_code == 200
    errors = refused.context["adminform"].form.errors
    assert list(errors) == [field]
    assert "Nobody else is an active administrator" in str(errors)
    administrator.refresh_from_db()
    assert administrator.is_staff
    saved(desk.post(address, form | {"first_name": "Adele"}))
    UserFactory(role=User.Role.ADMIN)
    saved(desk.post(address, form | changes))
    administrator.refresh_from_db()
    assert (administrator.first_name, administrator.is_staff) == ("Ada", False)


# Who may enter


@pytest.mark.parametrize("role", ["owner", "manager"])
def test_reps_and_managers_are_refused_and_do_nothing(role, request, client, desk, lead):
    person = request.getfixturevalue(role)
    other = type(client)()
    other.force_login(person, backend=MODEL_BACKEND)
    addresses = ["/admin/", LEADS, NOTES, USERS, f"{LEADS}{lead.pk}/change/", f"{LEADS}add/"]
    for address in addresses:
        assert other.get(address).status_code == 302
        assert "/admin/login/" in other.get(address)["Location"]
        assert desk.get(address).status_code == 200
    other.post(f"{LEADS}add/", LEAD)
    other.post(f"{LEADS}{lead.pk}/delete/", {"post": "yes"})
    assert list(Lead.objects.all()) == [lead]


def test_events_and_inboxes_are_only_read(desk, lead, owner, committing):
    with committing():
        LeadFactory()
    event, inbox = Event.objects.first(), Inbox.objects.first()
    for address in (
        f"/admin/notifications/event/{event.pk}/",
        f"/admin/notifications/inbox/{inbox.pk}/",
    ):
        assert desk.get(f"{address}change/").status_code == 200
        assert desk.post(f"{address}change/", {"title": "x", "seq": 9}).status_code == 403
        assert desk.post(f"{address}delete/", {"post": "yes"}).status_code == 403
    assert Event.objects.filter(pk=event.pk, title=event.title).exists()
    assert Inbox.objects.filter(pk=inbox.pk, seq=inbox.seq).exists()


# Every page


def make_lead(n):
    return LeadFactory(owner=UserFactory(), created_by=UserFactory(), source=f"Source {n}")


def make_notification(n):
    person = UserFactory()
    return Notification.objects.create(
        recipient=person, type="system", title=str(n), actor=person, related_lead=make_lead(n)
    )


def make_event(n):
    return Event.objects.create(
        kind="system", title=str(n), actor=UserFactory(), related_lead=make_lead(n)
    )


def make_access(model):
    def make(n):
        return model.objects.create(username=f"{n}@example.com", ip_address="10.0.0.1")

    return make


def make_attempt(n):
    return AccessAttempt.objects.create(
        username=f"{n}@example.com", ip_address="10.0.0.1", failures_since_start=1
    )


def make_token(n):
    token = RefreshToken.for_user(UserFactory())
    return OutstandingToken.objects.get(jti=token["jti"])


def make_dead_token(n):
    return BlacklistedToken.objects.create(token=make_token(n))


def make_part(factory, **people):
    def make(n):
        fields = {"lead": make_lead(n), "created_by": UserFactory()}
        return factory(**fields, **{name: UserFactory() for name in people})

    return make


def make_appointment(n):
    row = make_part(AppointmentFactory)(n)
    Attendance.objects.create(appointment=row, user=UserFactory())
    return row


def make_message(n):
    return Message.objects.create(sender=UserFactory(), recipient=UserFactory(), body=f"Secret {n}")


def make_rules(n):
    rules = ScoreRules.objects.get_or_create()[0]
    rules.sources.create(source=f"Source {n}", points=n)
    return rules


def make_imported_row(number):
    row = FileImport.objects.create(name=f"{number}.csv", size=1)
    told = {"outcome": "skipped", "lead": LeadFactory()}
    return ImportedRow.objects.create(file_import=row, number=number, **told)


def make_merge(n):
    return Merge.objects.merge(make_lead(n), make_lead(n), (), by=UserFactory())


def make_source(n):
    people = {"owner": UserFactory(), "created_by": UserFactory()}
    return Source.objects.create(name=f"Source {n}", kind="json", secret="only-ours", **people)


def make_delivery(n):
    payload = b'{"email": "a@example.org"}'
    return Delivery.objects.create(source=make_source(n), lead=make_lead(n), payload=payload)


def make_rule(n):
    rule = Rule.objects.create(source=make_source(n), user=UserFactory(), conditions=[])
    rule.people.add(UserFactory())
    return rule


def make_webhook(n):
    url = f"https://hooks.example/{n}"
    return WebhookEndpoint.objects.create(owner=UserFactory(role="admin"), url=url)


MAKERS = {
    Lead: make_lead,
    Source: make_source,
    Delivery: make_delivery,
    Rule: make_rule,
    Origin: lambda n: Origin.objects.create(
        lead=make_lead(n), delivery=make_delivery(n), fields=[["a", "b"]]
    ),
    Tag: lambda n: Tag.objects.create(lead=make_lead(n), name=f"Tag {n}"),
    Pause: lambda n: Pause.objects.create(user=UserFactory()),
    Comment: make_part(CommentFactory),
    Interaction: make_part(InteractionFactory),
    Task: make_part(TaskFactory, assignee=True),
    Appointment: make_appointment,
    Mention: lambda n: Mention.objects.create(
        entry=make_part(CommentFactory)(n).activity, user=UserFactory(), words="Jo"
    ),
    Looking: lambda n: Looking.objects.create(
        lead=make_lead(n), user=UserFactory(), tab="a", until=timezone.now()
    ),
    Following: lambda n: Following.objects.create(lead=make_lead(n), user=UserFactory()),
    Preference: lambda n: Preference.objects.create(
        user=UserFactory(), kind="email", wants="nothing"
    ),
    Activity: lambda n: make_part(CommentFactory)(n).activity,
    ScoreRules: make_rules,
    Merge: make_merge,
    FileImport: lambda n: FileImport.objects.create(name=f"{n}.csv", size=1, by=UserFactory()),
    ImportedRow: make_imported_row,
    SavedView: lambda n: SavedView.objects.create(owner=UserFactory(), name=f"{n}", shared=True),
    ListColumns: lambda n: ListColumns.objects.create(user=UserFactory(), columns="name,age"),
    AuditEntry: lambda n: AuditEntry.objects.create(what="role", by=UserFactory(), about=f"{n}"),
    SecondStep: lambda n: SecondStep.begin(UserFactory()),
    CalendarFeed: lambda n: CalendarFeed.objects.renew(UserFactory()),
    Message: make_message,
    ChatInbox: lambda n: ChatInbox.objects.get(pk=make_message(n).recipient_id),
    Announcement: lambda n: Announcement.objects.create(
        title=str(n), created_by=UserFactory(), starts_at=timezone.now()
    ),
    Notification: make_notification,
    Event: make_event,
    WorkerProcess: lambda n: WorkerProcess.objects.create(name=f"host:{n}"),
    MeasuredProcess: lambda n: MeasuredProcess.objects.create(name=f"host:{n}", role="serve"),
    Inbox: lambda n: Inbox.objects.create(user=UserFactory()),
    User: lambda n: UserFactory(),
    ApiKey: lambda n: ApiKey.objects.create(name=str(n), user=UserFactory(), digest=str(n)),
    WebhookEndpoint: make_webhook,
    WebhookDelivery: lambda n: make_webhook(n).try_out(),
    AccessAttempt: make_attempt,
    AccessLog: make_access(AccessLog),
    AccessFailureLog: make_access(AccessFailureLog),
    OutstandingToken: make_token,
    BlacklistedToken: make_dead_token,
}


def queries_of(desk, address):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = desk.get(address)
    assert response.status_code == 200, (address, response.status_code)
    return len(queries), response.content.decode()


def test_every_model_of_the_admin_is_looked_at_here():
    assert set(admin.site._registry) <= set(MAKERS)
    assert {Lead, Notification, Event, Inbox, User} <= set(admin.site._registry)


@pytest.mark.parametrize("label", sorted(model._meta.label for model in admin.site._registry))
def test_its_pages_take_the_same_few_queries_for_one_row_and_for_many(label, desk):
    model = apps.get_model(label)
    address = f"/admin/{label.replace('.', '/').lower()}/"
    row = MAKERS[model](0)
    queries_of(desk, f"{address}{row.pk}/change/")  # fills the caches
    one = queries_of(desk, address)[0], queries_of(desk, f"{address}{row.pk}/change/")[0]
    for number in range(1, 9):
        MAKERS[model](number)
    count, shown = queries_of(desk, address)
    many = count, queries_of(desk, f"{address}{row.pk}/change/")[0]
    assert many == one
    assert max(many) <= 15
    assert f"{model.objects.count()} " in shown


def test_a_parked_event_is_shown_with_its_error_and_can_be_tried_again(desk, committing, owner):
    with committing():
        LeadFactory()
    told = Notification.objects.count()
    Notification.objects.forget(Notification.objects.values_list("pk", flat=True))
    Event.objects.update(
        fanned_out_at=None,
        parked_at=timezone.now(),
        attempts=10,
        error="ValueError: cannot be told",
    )
    events = "/admin/notifications/event/"
    assert "ValueError: cannot be told" in desk.get(events).content.decode()
    assert Event.objects.fan_out() == 0

    pk = Event.objects.get().pk
    with committing():
        desk.post(events, {"action": "try_again", "_selected_action": [pk]})
    assert Notification.objects.count() == told
    assert Event.objects.get().parked_at is None


def test_the_front_page_and_the_forms_to_add_are_there(desk):
    for address in ("/admin/", f"{LEADS}add/", f"{NOTES}add/", f"{USERS}add/"):
        assert desk.get(address).status_code == 200


def test_searching_finds_by_what_is_shown(desk):
    found, other = LeadFactory(company="Kestrel Logistics"), LeadFactory(company="Alpine")
    shown = desk.get(LEADS, {"q": "kestrel"}).content.decode()
    assert f"{LEADS}{found.pk}/change/" in shown
    assert f"{LEADS}{other.pk}/change/" not in shown
    assert f"{LEADS}{other.pk}/change/" in desk.get(LEADS).content.decode()


def test_a_view_that_somebody_keeps_to_themselves_is_not_in_the_admin(desk, administrator):
    view = SavedView.objects.create(owner=UserFactory(), name="Secret")
    address = f"/admin/leads/savedview/{view.pk}/change/"
    assert "Secret" not in desk.get("/admin/leads/savedview/").content.decode()
    assert desk.get(address).status_code == 302
    SavedView.objects.update(shared=True)
    assert "Secret" in desk.get("/admin/leads/savedview/").content.decode()
    desk.post(address, {"name": "Renamed", "shared": "on"})
    assert SavedView.objects.get().name == "Renamed"


def test_a_view_takes_no_name_in_the_admin_that_its_owner_has_given_already(desk, owner, teammate):
    for person, name in ((owner, "One"), (owner, "Two"), (teammate, "Three")):
        SavedView.objects.create(owner=person, name=name, shared=True)
    two = SavedView.objects.get(name="Two")
    address = f"/admin/leads/savedview/{two.pk}/change/"
    response = desk.post(address, {"name": "one", "shared": "on"})
    assert response.status_code == 200
    assert "The owner has a view of this name already" in response.content.decode()
    assert desk.post(address, {"name": "", "shared": "on"}).status_code == 200
    two.refresh_from_db()
    assert two.name == "Two"
    for name in ("two", "Three"):
        assert desk.post(address, {"name": name, "shared": "on"}).status_code == 302
        two.refresh_from_db()
        assert two.name == name


def test_an_import_that_failed_too_often_is_tried_again_in_the_admin(desk):
    parked = {"size": 1, "parked_at": timezone.now(), "attempts": 10}
    rows = [FileImport.objects.create(name="x", state=s, **parked) for s in ("running", "done")]
    sent = {"action": "try_again", "_selected_action": [row.pk for row in rows]}
    saved(desk.post("/admin/leads/fileimport/", sent))
    assert list(FileImport.objects.at_work()) == [rows[0]]


def test_what_proves_a_sender_is_written_in_the_admin_and_never_shown(desk):
    source = make_source(0)
    address = f"/admin/leads/source/{source.pk}/change/"
    for page in (address, "/admin/leads/source/"):
        shown = desk.get(page).content.decode()
        assert source.name in shown
        assert source.secret not in shown
        assert source.token not in shown
    sent = {"name": "Renamed", "kind": "json", "active": "on", "fill_seconds": "3", "tags": "[]",
            "allowed_origins": "[]", "return_hosts": "[]", "mapping": "{}"}  # fmt: skip
    saved(desk.post(address, sent))
    source.refresh_from_db()
    assert (source.name, source.secret) == ("Renamed", "only-ours")
    saved(desk.post(address, sent | {"secret": "another"}))
    source.refresh_from_db()
    assert source.secret == "another"
