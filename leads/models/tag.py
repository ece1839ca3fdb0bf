"""Words by which people find leads again."""

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from leads.fields import LineField
from leads.models.lead import Lead


class Tag(models.Model):
    """One word of a lead. Two that are merged may both have had it: it is shown once."""

    LONGEST = 50

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="tags")
    name = LineField(_("tag"), max_length=LONGEST)

    class Meta:
        indexes = [
            # Serves the list of leads that have it.
            models.Index(Lower("name"), "lead", name="tag_name"),
        ]

    def __str__(self):
        return self.name
