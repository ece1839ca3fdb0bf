"""The benchmark fills its databases by SQL of its own, which has to follow the models."""

import pytest

from bench.inside import fill
from leads.models import Appointment, Lead, Task
from notifications.models import Notification

LEADS = 50


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_benchmark_fills_its_databases(capsys):
    fill.main(LEADS, 150)
    assert capsys.readouterr().out.strip()
    assert Lead.objects.count() == Task.objects.count() == LEADS
    assert Appointment.objects.count() == LEADS / 5
    assert Notification.objects.count() == 150
    for row in (Task.objects.first(), Appointment.objects.first()):
        row.full_clean(exclude=[field.name for field in row._meta.fields if field.is_relation])
