"""A lead says since when it is in its stage; what the timeline knows of that already is kept."""

from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def tell(apps, schema_editor):
    Activity = apps.get_model("leads", "Activity")
    Lead = apps.get_model("leads", "Lead")
    moved = Activity.objects.filter(kind="stage")
    last = moved.filter(lead=OuterRef("pk")).order_by("-pk").values("created_at")[:1]
    Lead.objects.filter(pk__in=moved.values("lead")).update(stage_changed_at=Subquery(last))


class Migration(migrations.Migration):
    dependencies = [("leads", "0004_contact_changes_until_now")]

    operations = [
        migrations.AddField(
            model_name="lead",
            name="stage_changed_at",
            field=models.DateTimeField(
                blank=True, editable=False, help_text="Empty while it is where it began.", null=True
            ),
        ),
        migrations.RunPython(tell, migrations.RunPython.noop, elidable=True),
    ]
