"""`python -m bench.inside.fill LEADS NOTIFICATIONS [UNREAD]`: fills a database with that many
leads, what belongs to them in proportion, and a manager with that many notifications. Prints the
key of the manager's session.

More leads are a longer history: a lead comes every 90 minutes whatever the number, and the manager
has a third of all leads and half of the tasks and appointments, so that the pages are as full with
few leads as with many. The four newest of the leads whose number ends in 0 have one phone number.
"""

import sys

from django.db import connection
from django.test import Client

from bench.reads import BUILD, UNREAD
from crm.models import User
from notifications.models import Inbox

PEOPLE = 20
SOURCES = 10
VIEWS_SAVED = 40
TALKED_OF = 40  # comments on the newest lead, which is the one whose page is opened
FIRST = ("ada", "grace", "alan", "edsger", "barbara", "donald", "john", "niklaus", "radia", "ken")
LAST = ("lovelace", "hopper", "turing", "dijkstra", "liskov", "knuth", "backus", "wirth", "perlman")

LEADS = """
    INSERT INTO leads_lead (
        id, first_name, last_name, email, phone, company, job_title, website, message, city, region,
        postal_code, country, source, stage, score, score_told, score_rules, owner_id,
        created_by_id, created_at, updated_at
    )
    SELECT n, initcap((%(first)s::text[])[1 + n %% 10]), initcap((%(last)s::text[])[1 + n %% 9]),
           'person' || n || '@example.org', '+44 20 ' || (7000000 + alike), 'Company ' || n %% 997,
           '', '', 'Please call me back about the offer.', 'London', '', '', 'GB',
           'source ' || n / 5 %% %(sources)s,
           ('{new,contacted,qualified,won,lost}'::text[])[1 + n %% 5], points, points, 0,
           (%(people)s::bigint[])[CASE WHEN n %% 3 = 0 THEN 1 ELSE 2 + n %% %(number)s END],
           %(user)s, at, at
      FROM generate_series(1, %(leads)s) AS n,
           LATERAL (SELECT now() - (%(leads)s - n) * interval '90 minutes' AS at,
                           n * 7919 %% 100 AS points,
                           CASE WHEN n > %(leads)s - 40 AND n %% 10 = 0 THEN %(leads)s ELSE n END
                           AS alike) AS made
"""
TASKS = """
    INSERT INTO leads_task (
        lead_id, created_by_id, created_at, title, assignee_id, due_at, completed_at,
        repeat, repeat_every, repeat_zone
    )
    SELECT id, created_by_id, created_at, 'Send the offer',
           (%(people)s::bigint[])[CASE WHEN id %% 2 = 0 THEN 1 ELSE 2 + id %% (%(number)s - 1) END],
           created_at + interval '3 days',
           CASE WHEN id %% 4 > 0 THEN created_at + interval '1 day' END, '', 1, ''
      FROM leads_lead
"""
COMMENTS = """
    INSERT INTO leads_comment (lead_id, created_by_id, created_at, body)
    SELECT id, created_by_id, created_at, 'They want an offer, and soon.' FROM leads_lead
     UNION ALL
    SELECT %(leads)s, %(user)s, now(), 'They called again.' FROM generate_series(1, %(talked)s)
"""
INTERACTIONS = """
    INSERT INTO leads_interaction (
        lead_id, created_by_id, created_at, kind, direction, body, occurred_at
    )
    SELECT id, created_by_id, created_at, 'call', 'out', 'They call back.', created_at
      FROM leads_lead
"""
ACTIVITIES = """
    INSERT INTO leads_activity (
        lead_id, kind, message, changes, actor_id, comment_id, interaction_id, created_at
    )
    SELECT lead_id, 'task_added', title, '[]'::jsonb, created_by_id,
           NULL::bigint, NULL::bigint, created_at
      FROM leads_task
     UNION ALL
    SELECT lead_id, 'comment_added', '', '[]', created_by_id, id, NULL, created_at
      FROM leads_comment
     UNION ALL
    SELECT lead_id, kind, '', '[]', created_by_id, NULL, id, created_at FROM leads_interaction
"""
MENTIONS = """
    INSERT INTO leads_mention (entry_id, user_id, words, created_at, seen_at)
    SELECT id, %(user)s, 'Person', created_at,
           CASE WHEN lead_id <= %(leads)s - 120 THEN created_at END
      FROM leads_activity
     WHERE comment_id IS NOT NULL AND lead_id %% 10 = 0
"""
VIEWS = """
    INSERT INTO leads_savedview (owner_id, name, shared, query, created_at, updated_at)
    SELECT (%(people)s::bigint[])[1 + n %% 4], 'View ' || n, n %% 2 = 0,
           '{"owner": "me", "sort": "-score", "columns": "name,company,stage,email,next"}',
           now(), now()
      FROM generate_series(1, %(views)s) AS n
"""
APPOINTMENTS = """
    INSERT INTO leads_appointment (
        lead_id, created_by_id, created_at, title, starts_at, ends_at, sequence
    )
    SELECT id, created_by_id, created_at, 'Demo', at, at + interval '30 minutes', 0
      FROM leads_lead, LATERAL (SELECT created_at + interval '30 days' AS at) AS moment
     WHERE id %% 5 = 0
"""
ATTENDANCES = """
    INSERT INTO leads_attendance (appointment_id, user_id)
    SELECT id, (%(people)s::bigint[])[CASE WHEN id %% 2 = 0 THEN 1 ELSE 2 + id %% 9 END]
      FROM leads_appointment
"""
NUMBERS = "SELECT setval(pg_get_serial_sequence('leads_lead', 'id'), %(leads)s)"
STEPS = (
    *(LEADS, TASKS, COMMENTS, INTERACTIONS, ACTIVITIES, MENTIONS, VIEWS),
    *(APPOINTMENTS, ATTENDANCES, NUMBERS),
)


def main(leads, notifications, unread=UNREAD):
    users = User.objects.bulk_create(
        User(email=f"person{n}@example.com", first_name=f"Person {n}") for n in range(PEOPLE)
    )
    user = users[0]
    User.objects.filter(pk=user.pk).update(role=User.Role.MANAGER)
    inboxes = [Inbox(user=one) for one in users[1:]]
    mine = Inbox(user=user, seq=notifications, unread_count=unread)
    Inbox.objects.bulk_create([mine, *inboxes])
    values = {
        "user": user.pk, "people": [one.pk for one in users], "number": PEOPLE, "leads": leads,
        "views": VIEWS_SAVED,
        "sources": SOURCES, "talked": TALKED_OF, "first": list(FIRST), "last": list(LAST),
    }  # fmt: skip
    with connection.cursor() as cursor:
        for step in STEPS:
            cursor.execute(step, values)
        told = {"lead": 1, "count": notifications, "unread": unread}
        cursor.execute(BUILD, values | told)
        cursor.execute("VACUUM ANALYZE")
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    print(client.cookies["sessionid"].value)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
