"""Where a lead came from, with all that came along and is no field of a lead."""

from django.db import models
from django.utils import timezone

from leads.models.delivery import Delivery
from leads.models.lead import Lead


class Origin(models.Model):
    """Of a lead that was made by hand there is none, of two that were merged both."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="origins")
    delivery = models.ForeignKey(
        Delivery, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    fields = models.JSONField(
        default=list, help_text="Pairs of name and value, in the sender's order and words."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    @property
    def source_name(self) -> str:
        """Empty for what came by a file, or through a source that is gone."""
        return str(self.delivery.source) if self.delivery else ""

    @property
    def pairs(self) -> list[dict]:
        return [{"name": name, "value": value} for name, value in self.fields]

    def __str__(self):
        return f"{self.lead}: {len(self.fields)}"
