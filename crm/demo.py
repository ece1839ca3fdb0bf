"""What happened to the leads of the demo: the same every time."""

from datetime import timedelta

from chat.models import ChatInbox, Message
from leads.models import Appointment, Comment, Interaction, Lead, Task

COMMENTS = (
    "They compare us with two others; price matters less than a quick start.",
    "Asked for references in their trade. I sent three.",
    "Decision is made by the board, on the first Monday of the month.",
)
CALLS = ("Reached the front desk: call back tomorrow morning.", "Very interested, wants an offer.")
MAILS = (
    "Our offer\n\nAs promised on the phone, with the discount for the first year.",
    "Re: Our offer\n\nThank you. We discuss it on Thursday.",
)
TASKS = ("Send the offer", "Call back", "Ask for the decision", "Prepare the demo")
MEETINGS = ("Demo", "First meeting", "Contract")
TALK = (
    (0, "Morning. Who has {lead}? They asked for a demo on Thursday."),
    (1, "Me, since yesterday. I can do 14:00."),
    (0, "Perfect. Their budget is about what we hoped for:\nhttps://example.com/budget"),
    (1, "👍 I prepare the offer today."),
    (0, "Could you look at it before noon, and tell me what is missing?"),
)


def happenings(leads, people, chance, now):
    """Makes them for leads that somebody owns, each lead's in the order in which they took place.
    ``chance`` is a ``random.Random``."""
    for lead in leads:
        if lead.owner is None:
            continue
        colleague, times = chance.choice(people), iter(_times(lead, now))
        _log(lead, next(times), "call", "out", chance.choice(CALLS))
        if chance.random() < 0.6:
            _make(Comment, lead, next(times), colleague, body=chance.choice(COMMENTS))
        if chance.random() < 0.5:
            for direction, body in zip(("out", "in"), MAILS, strict=True):
                _log(lead, next(times), "email", direction, body)
        if lead.stage not in (Lead.Stage.WON, Lead.Stage.LOST):
            _plan(lead, next(times), colleague, chance, now)


def conversations(people, lead, now):
    """The manager talks with each rep; what the second was told last is not read yet."""
    _admin, manager, *reps = people
    for rep, lines in zip(reps, (TALK[:4], TALK), strict=True):
        for place, (who, words) in enumerate(lines):
            sender, recipient = (rep, manager) if who else (manager, rep)
            body = words.format(lead=lead.get_absolute_url())
            at = now - timedelta(minutes=7 * (len(TALK) - place))
            message = Message(sender=sender, recipient=recipient, body=body, created_at=at)
            message.save()
            if message.body != TALK[-1][1]:
                ChatInbox(pk=recipient.pk).mark_read(sender.pk, message.pk)


def _times(lead, now):
    """Five moments between the arrival of the lead and now."""
    return [lead.created_at + (now - lead.created_at) * part / 6 for part in range(1, 6)]


def _make(model, lead, at, by, **fields):
    return model.objects.create(lead=lead, created_by=by, created_at=at, **fields)


def _log(lead, at, kind, direction, body):
    said = {"kind": kind, "direction": direction, "body": body, "occurred_at": at}
    _make(Interaction, lead, at, lead.owner, **said)


def _plan(lead, at, colleague, chance, now):
    due = now + timedelta(hours=chance.randrange(-30, 72))
    task = {"title": chance.choice(TASKS), "assignee": lead.owner, "due_at": due}
    task = _make(Task, lead, at, lead.owner, **task)
    if chance.random() < 0.4:
        starts = (now + timedelta(days=chance.randrange(7))).replace(
            hour=chance.randrange(8, 17), minute=30, second=0, microsecond=0
        )
        times = {"starts_at": starts, "ends_at": starts + timedelta(minutes=45)}
        appointment = Appointment(lead=lead, created_by=lead.owner, created_at=at, **times)
        appointment.title, appointment.remind_minutes_before = chance.choice(MEETINGS), 15
        appointment.attendee_ids = [lead.owner_id, colleague.pk]
        appointment.save()
    if chance.random() < 0.3:
        task.complete(by=lead.owner)
