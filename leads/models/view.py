"""The list of leads as somebody wants to see it again."""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import ExpressionWrapper, Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leads.fields import LineField


class SavedViewQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own, and what is shared."""
        return self.filter(Q(owner=user) | Q(shared=True))

    def own_first(self, user):
        """Then the others', each by name."""
        others = ExpressionWrapper(~Q(owner=user), models.BooleanField())
        return self.order_by(others, Lower("name"), "pk")


class SavedView(models.Model):
    """Filters, search, order and columns under a name. ``query`` has them as the list's address
    does, by name; what an old one asks for may not be there any more."""

    MOST = 100  # of one person

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views"
    )
    name = LineField(_("name"), max_length=60)
    shared = models.BooleanField(_("shared with everybody"), default=False)
    query = models.JSONField(default=dict, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "owner",
                Lower("name"),
                name="saved_view_name",
                violation_error_message=_("You have a view of this name already: choose another."),
            )
        ]
        indexes = [
            # Serves what everybody sees.
            models.Index(Lower("name"), "id", name="saved_view_shared", condition=Q(shared=True))
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return f"{reverse('leads:list')}?view={self.pk}"

    def is_visible_to(self, user) -> bool:
        return self.shared or self.owner_id == user.pk

    def keep(self) -> None:
        """Stores it under its name. Raises ValidationError for a name that its owner has given
        already, or when they have ``MOST``; of two at once one comes after the other. Raises
        DoesNotExist for one that was deleted meanwhile: it does not come back."""
        with transaction.atomic():
            self.check_name()
            self.save()

    def check_name(self) -> None:
        """What ``keep`` raises, it raises, and nobody comes in between until the transaction
        ends."""
        get_user_model().objects.select_for_update(no_key=True).get(pk=self.owner_id)
        if not self._state.adding:
            SavedView.objects.select_for_update(no_key=True).get(pk=self.pk)
        elif self.owner.saved_views.count() >= self.MOST:
            raise ValidationError(TOO_MANY % {"most": self.MOST})
        self.validate_constraints()

    def show(self, query: dict) -> None:
        """From now on it shows this. Raises DoesNotExist when it was deleted meanwhile."""
        self.query, self.updated_at = query, timezone.now()
        fields = {"query": query, "updated_at": self.updated_at}
        if not SavedView.objects.filter(pk=self.pk).update(**fields):
            raise SavedView.DoesNotExist


class ListColumns(models.Model):
    """The columns that a person's list shows where neither its address nor a view says."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="list_columns",
    )
    columns = models.CharField(max_length=400)

    class Meta:
        verbose_name_plural = "list columns"

    def __str__(self):
        return self.columns


TOO_MANY = _("You have %(most)s views already: delete one first.")
