"""Leads and what belongs to them, as clients read and write it, over REST and the socket alike."""

import copy

from django.core.exceptions import ValidationError as ModelError
from rest_framework import serializers

from leads.recurrence import Unit
from notifications import wire
from notifications.fields import (
    ActiveUserField,
    ActiveUsersField,
    StrictBooleanField,
    StrictCharField,
    StrictChoiceField,
    StrictIntegerField,
)


def _text(source=None, **kwargs):
    return StrictCharField(source=source, required=False, allow_blank=True, **kwargs)


def _moment(source, **kwargs):
    return serializers.DateTimeField(source=source, required=False, allow_null=True, **kwargs)


def _minutes(source, **kwargs):
    return StrictIntegerField(source=source, required=False, allow_null=True, min_value=0, **kwargs)


# What JSON has as the model has it.
PLAIN = {
    "firstName": "first_name",
    "lastName": "last_name",
    "email": "email",
    "phone": "phone",
    "company": "company",
    "jobTitle": "job_title",
    "website": "website",
    "message": "message",
    "city": "city",
    "region": "region",
    "postalCode": "postal_code",
    "country": "country",
    "source": "source",
    "stage": "stage",
    "score": "score",
    "ownerId": "owner_id",
    "createdById": "created_by_id",
}


class ModelRules(serializers.Serializer):
    """Fields of a row that the view made or found; the rules for their values are the model's, for
    every door the same. References are checked by their fields."""

    MODEL = ""  # whose rules they are: the schema says them too
    REFERENCES = ()
    OTHER = {}  # names of the model's fields that are no fields here: what to say it of

    def get_fields(self):
        """DRF makes every declared field anew for every serializer, which took longer than all of
        the validation. A copy will do: what a serializer changes in a field is whose it is."""
        return {name: copy.copy(field) for name, field in self._declared_fields.items()}

    def validate(self, attrs):
        """Raises what the model finds wrong, under the names that the client knows."""
        for name, value in attrs.items():
            setattr(self.instance, name, value)
        try:
            self.instance.full_clean(exclude=self.REFERENCES, validate_constraints=False)
        except ModelError as problem:
            raise serializers.ValidationError(self._by_json_name(problem)) from problem
        return attrs

    def update(self, instance, validated_data):
        instance.save(by=validated_data.get("by"))
        return instance

    def _by_json_name(self, problem):
        names = self.OTHER | {field.source: name for name, field in self.fields.items()}
        return {names[name]: errors for name, errors in problem.message_dict.items()}


class LeadSerializer(ModelRules):
    MODEL = "leads.Lead"
    REFERENCES = ("owner", "created_by")

    id = serializers.IntegerField(read_only=True)
    firstName = _text("first_name")
    lastName = _text("last_name")
    email = _text()
    phone = _text()
    company = _text()
    jobTitle = _text("job_title")
    website = _text()
    message = _text()
    city = _text()
    region = _text()
    postalCode = _text("postal_code")
    country = _text()
    source = _text()
    stage = StrictCharField(required=False)
    score = serializers.IntegerField(read_only=True)
    ownerId = ActiveUserField(source="owner_id", required=False, allow_null=True)
    createdById = serializers.IntegerField(source="created_by_id", read_only=True, allow_null=True)
    createdAt = serializers.DateTimeField(source="created_at", read_only=True)
    updatedAt = serializers.DateTimeField(source="updated_at", read_only=True)

    def to_representation(self, instance):
        """What the fields would say, each by itself, in a tenth of the time."""
        return {
            "id": instance.pk,
            **{name: getattr(instance, attribute) for name, attribute in PLAIN.items()},
            "createdAt": wire.moment(instance.created_at),
            "updatedAt": wire.moment(instance.updated_at),
        }

    def sent(self) -> dict:
        """What of a lead's fields came in the body, as it came. Raises ValidationError for what no
        such field takes."""
        self.to_internal_value(self.initial_data)
        return {
            name: self.initial_data[name]
            for name, field in self.fields.items()
            if name in self.initial_data and not field.read_only
        }


class PointsSerializer(serializers.Serializer):
    points = serializers.IntegerField()
    reason = serializers.CharField()


class ScoreSerializer(serializers.Serializer):
    """A lead's score as of now: the sum of its points, but never below 0."""

    score = serializers.IntegerField()
    points = PointsSerializer(many=True)


class _OfLeadSerializer(ModelRules):
    REFERENCES = ("lead", "created_by")

    id = serializers.IntegerField(read_only=True)
    leadId = serializers.IntegerField(source="lead_id", read_only=True)


class CommentSerializer(_OfLeadSerializer):
    MODEL = "leads.Comment"

    authorId = serializers.IntegerField(source="created_by_id", read_only=True, allow_null=True)
    body = StrictCharField(allow_blank=True)
    createdAt = serializers.DateTimeField(source="created_at", read_only=True)


class _RemindsSerializer(_OfLeadSerializer):
    """Of the two ways to be reminded, the one that is given takes the place of the other."""

    REFERENCES = (*_OfLeadSerializer.REFERENCES, "assignee")
    REMINDERS = {"remind_at": "remind_minutes_before", "remind_minutes_before": "remind_at"}

    def validate(self, attrs):
        for name, other in self.REMINDERS.items():
            if attrs.get(name) is not None and other not in attrs:
                setattr(self.instance, other, None)
        return super().validate(attrs)


class TaskSerializer(_RemindsSerializer):
    MODEL = "leads.Task"
    OTHER = {"repeat_until": "dueAt"}

    title = StrictCharField(allow_blank=True)
    assigneeId = ActiveUserField(source="assignee_id", required=False, allow_null=True)
    dueAt = serializers.DateTimeField(source="due_at", required=False, allow_null=True)
    completedAt = serializers.DateTimeField(source="completed_at", read_only=True, allow_null=True)
    remindAt = _moment("remind_at", write_only=True)
    remindMinutesBefore = _minutes("remind_minutes_before", write_only=True)


class TaskChangeSerializer(TaskSerializer):
    completed = StrictBooleanField(write_only=True, required=False)

    def validate(self, attrs):
        completed = attrs.pop("completed", None)
        if completed is not None:
            self.instance.mark(completed)
        return super().validate(attrs)


class ReminderSerializer(_RemindsSerializer):
    """When a task reminds: at a time, or so many minutes before it is due."""

    MODEL = "leads.Task"
    OTHER = {"due_at": "minutesBefore", "repeat_until": "minutesBefore"}

    taskId = serializers.IntegerField(source="pk", read_only=True)
    remindAt = _moment("remind_at")
    minutesBefore = _minutes("remind_minutes_before")
    ringsAt = serializers.DateTimeField(source="ring_at", read_only=True, allow_null=True)

    def get_fields(self):
        return _without_lead(super().get_fields())

    def validate(self, attrs):
        if attrs.get("remind_at") is None and attrs.get("remind_minutes_before") is None:
            raise serializers.ValidationError(
                {"remindAt": "Give a time, or give minutesBefore; DELETE takes the reminder away."}
            )
        return super().validate(attrs)


class SnoozeSerializer(serializers.Serializer):
    until = serializers.DateTimeField()


class RepeatSerializer(_OfLeadSerializer):
    """How a task repeats, by the clock of a zone; until a last day, if there is one."""

    MODEL = "leads.Task"
    REFERENCES = TaskSerializer.REFERENCES
    OTHER = dict.fromkeys(("due_at", "remind_at", "remind_minutes_before"), "unit")

    taskId = serializers.IntegerField(source="pk", read_only=True)
    unit = StrictChoiceField(source="repeat", choices=Unit.choices)
    every = StrictIntegerField(source="repeat_every", default=1, min_value=1)
    until = serializers.DateField(source="repeat_until", allow_null=True, default=None)
    zone = StrictCharField(source="repeat_zone", default="UTC")

    def get_fields(self):
        return _without_lead(super().get_fields())

    def to_representation(self, instance):
        """Of a task that does not repeat, the unit is null."""
        said = super().to_representation(instance)
        return said if instance.repeat else said | {"unit": None, "zone": None}


class RepeatAnswerSerializer(serializers.Serializer):
    """How a task repeats; one that does not has no unit and no zone."""

    taskId = serializers.IntegerField()
    unit = serializers.ChoiceField(choices=Unit.choices, allow_null=True)
    every = serializers.IntegerField()
    until = serializers.DateField(allow_null=True)
    zone = serializers.CharField(allow_null=True)


def _without_lead(fields):
    return {name: field for name, field in fields.items() if name not in ("id", "leadId")}


class InteractionSerializer(_OfLeadSerializer):
    MODEL = "leads.Interaction"

    kind = StrictCharField()
    direction = StrictCharField(required=False)
    body = StrictCharField(allow_blank=True)
    occurredAt = serializers.DateTimeField(source="occurred_at", required=False)
    byId = serializers.IntegerField(source="created_by_id", read_only=True, allow_null=True)

    def validate_kind(self, kind):
        if self.instance.pk and kind != self.instance.kind:
            raise serializers.ValidationError(
                "What was logged keeps its kind: delete it and log it anew."
            )
        return kind


class AppointmentSerializer(_OfLeadSerializer):
    MODEL = "leads.Appointment"

    title = StrictCharField(allow_blank=True)
    startsAt = serializers.DateTimeField(source="starts_at")
    endsAt = serializers.DateTimeField(source="ends_at")
    attendeeIds = ActiveUsersField(source="attendee_ids", required=False)
    remindMinutesBefore = _minutes("remind_minutes_before")


class ChangeSerializer(serializers.Serializer):
    """A field of a lead or an appointment, under its name in JSON: from what to what."""

    field = serializers.CharField()

    def get_fields(self):
        value = serializers.JSONField()
        return super().get_fields() | {"from": value, "to": copy.copy(value)}  # from is a keyword


class ActivitySerializer(serializers.Serializer):
    """An entry of a timeline."""

    id = serializers.IntegerField()
    leadId = serializers.IntegerField(source="lead_id")
    kind = serializers.CharField()
    title = serializers.CharField()
    message = serializers.CharField(source="text")
    changes = ChangeSerializer(many=True)
    actorId = serializers.IntegerField(source="actor_id", allow_null=True)
    commentId = serializers.IntegerField(source="comment_id", allow_null=True)
    interactionId = serializers.IntegerField(source="interaction_id", allow_null=True)
    createdAt = serializers.DateTimeField(source="created_at")
    url = serializers.CharField(source="get_absolute_url")
