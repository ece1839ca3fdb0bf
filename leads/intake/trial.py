"""What would become of a delivery, without doing it: the lead that it would make, and whose."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from leads.intake import routing
from leads.intake.understanding import NotUnderstood, understand
from leads.models import Delivery, Lead


@dataclass
class Trial:
    """``why`` says why it would make none."""

    lead: Lead
    extras: list = field(default_factory=list)
    why: str = ""

    @property
    def fields(self) -> list[tuple[str, str]]:
        """What it would say, under the names that people read."""
        named = ((Lead._meta.get_field(name), getattr(self.lead, name)) for name in routing.FIELDS)
        return [
            (each.verbose_name, value) for each, value in named if value and each.name != "stage"
        ]


def trial(source, delivery: Delivery, mapping: dict | None = None) -> Trial:
    """With another ``mapping`` than the source's, if one is given."""
    made = Trial(Lead(source=source.source_of_leads))
    try:
        pairs = source.door.pairs(bytes(delivery.payload))
        mapping = source.mapping if mapping is None else mapping
        made.extras = understand(made.lead, pairs, mapping).extras
    except (NotUnderstood, ValueError) as problem:
        made.why = _(str(problem))
    return made


def latest(source) -> Delivery | None:
    """The last that it brought, of which the payload is kept."""
    kept = source.deliveries.filter(payload__isnull=False)
    return kept.order_by("-pk").first()


def whose(source, rules, made: Trial):
    """The first of the rules that matches and has somebody to give it to, and who that is now; the
    rule is None where it is the owner of the source, and both where it is nobody."""
    for rule in rules:
        matches = routing.matches(rule.conditions, made.lead, made.extras)
        if matches and (person := rule.whose_turn()):
            return rule, person
    return None, source.owner if source.owner and source.owner.is_active else None
