"""Who gets the leads of a source: its rules, in order."""

from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from leads.forms.rule import RuleForm, lead_fields
from leads.intake.trial import latest, trial, whose
from leads.models import Rule
from leads.views.for_managers import of_source

STEPS = {"up": -1, "down": 1}


def rules_of(source, delivery):
    """What the source's page says of them; and who would get the last that came."""
    rules = source.rules.select_related("user__lead_pause", "last_given")
    rules = list(rules.prefetch_related("people__lead_pause"))
    made = trial(source, delivery) if delivery else None
    return {
        "rules": rules,
        "last": delivery,
        "trial": made,
        "whose": whose(source, rules, made) if made and not made.why else None,
    }


@of_source
@require_http_methods(["GET", "HEAD", "POST"])
def new(request, source):
    return _form(request, source, Rule(source=source))


def of_rule(view):
    """Gives the view the rule instead of its number."""

    def wrapped(request, source, rule):
        found = source.rules.filter(pk=rule).first()
        if found is None:
            raise Http404
        try:
            return view(request, source, found)
        except Rule.DoesNotExist as gone:  # deleted by somebody else meanwhile
            raise Http404 from gone

    return of_source(wrapped)


@of_rule
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request, source, rule):
    return _form(request, source, rule)


@of_rule
@require_POST
def move(request, source, rule):
    """``to`` is ``up`` or ``down``."""
    rule.move(STEPS.get(request.POST.get("to"), 0))
    return redirect(f"{source.get_absolute_url()}#rules")


@of_rule
@require_POST
def delete(request, source, rule):
    rule.delete()
    return redirect(f"{source.get_absolute_url()}#rules")


def _form(request, source, rule):
    form = RuleForm(request.POST or None, instance=rule)
    if request.method == "POST" and form.is_valid():
        form.save()
        return redirect(f"{source.get_absolute_url()}#rules")
    last = latest(source)
    extras = trial(source, last).extras if last else ()
    names = [label for _name, label in lead_fields()]
    context = {
        "source": source,
        "rule": rule if rule.pk else None,
        "form": form,
        "names": list(dict.fromkeys([*names, *(name for name, _value in extras)])),
    }
    return render(request, "sources/rule.html", context)
