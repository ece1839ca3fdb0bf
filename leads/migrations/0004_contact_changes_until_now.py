"""Timelines begin with the changes of contact details that were announced before they existed."""

from django.db import migrations

BATCH = 1_000


def tell(apps, schema_editor):
    Event = apps.get_model("notifications", "Event")
    Activity = apps.get_model("leads", "Activity")
    told = Event.objects.filter(kind="contact").exclude(related_lead=None).order_by("pk")
    batch = []
    for event in told.iterator(chunk_size=BATCH):
        batch.append(
            Activity(
                lead_id=event.related_lead_id,
                kind="contact",
                message=event.message.rpartition(": ")[2],
                actor_id=event.actor_id,
                created_at=event.created_at,
            )
        )
        if len(batch) == BATCH:
            Activity.objects.bulk_create(batch)
            batch = []
    Activity.objects.bulk_create(batch)


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0003_what_happens_to_a_lead"),
        ("notifications", "0005_rows_that_arrive_without_lookups"),
    ]

    operations = [migrations.RunPython(tell, migrations.RunPython.noop)]
