"""The list as an address shows it: the filters, the order and the columns, its own or a view's."""

from django.http import Http404, QueryDict
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from leads.columns import Columns
from leads.filters import PageFilter
from leads.models import Lead, ListColumns, SavedView
from leads.orders import NEWEST, order_of

VIEW, SORT, COLUMNS, CARRIED = "view", "sort", "columns", "in"
IMPORT = "import"
FILTERS = tuple(PageFilter.base_filters)
NAMES = (*FILTERS, SORT, COLUMNS)
LONGEST = 2_000  # characters of an address that another one carries
CLOSE = 20  # leads, where none is found exactly
LABELS = {
    "search": _("Search"),
    "stage": _("Stage"),
    "owner": _("Owner"),
    "source": _("Source"),
    "tag": _("Tag"),
    "createdAfter": _("Created after"),
    "createdBefore": _("Created before"),
    "import": _("Import"),
}


class Showing:
    """``?view=7`` is that view as it was saved; as soon as the address says anything else about
    the list, it says all, and the view is the one that it began with. Raises Http404 for a view
    that is not there, or another's private one."""

    def __init__(self, request, asked=None):
        asked = request.GET if asked is None else asked
        self.request, self.user = request, request.user
        self.view = _view(self.user, asked[VIEW]) if asked.get(VIEW) else None
        own = {name: asked[name] for name in NAMES if name in asked}
        self.begun_with = {COLUMNS: str(Columns())} | self.view.query if self.view else {}
        self.asked = own if own or self.view is None else self.begun_with
        self._in_order = [name for name in asked if name in NAMES] or list(self.asked)

    # What it shows

    @cached_property
    def filters(self):
        query = QueryDict(mutable=True)
        query.update({name: str(self.asked[name]) for name in FILTERS if name in self.asked})
        return PageFilter(self.request, Lead.objects.select_related("owner"), query)

    @property
    def order(self):
        return order_of(self.asked.get(SORT))

    @cached_property
    def columns(self):
        """The address's, else the view's, else the person's, else the usual."""
        texts = (self.asked.get(COLUMNS), self.begun_with.get(COLUMNS))
        named = next((found for text in texts if text and (found := Columns.read(text))), None)
        if named is None and self.view is None:
            own = ListColumns.objects.filter(user=self.user).values_list("columns", flat=True)
            named = Columns.read(own.first() or "")
        return named or Columns()

    @property
    def search(self) -> str:
        return self.asked.get("search", "").strip()

    @property
    def filtered(self) -> bool:
        return any(self.asked.get(name) for name in FILTERS)

    @cached_property
    def close(self) -> list:
        """Where no lead has what is searched for, those that come closest."""
        return [] if not self.search or self.filters.rows().exists() else self.closest

    @cached_property
    def closest(self) -> list:
        """The same for who has looked already, and found none."""
        wanted = self.search and self.filters.is_valid()
        return self.filters.closest(CLOSE) if wanted else []

    @property
    def file_import(self):
        """The import whose leads it shows, if it does."""
        known = self.asked.get(IMPORT) and self.filters.is_valid()
        return self.filters.form.cleaned_data[IMPORT] if known else None

    def meaningless(self) -> list[str]:
        """The names of the filters that mean nothing, or no more."""
        return [str(LABELS[name]) for name in self.filters.form.errors]

    # How it is said in an address

    @property
    def saved(self) -> dict:
        """What a view stores of it."""
        said = {name: self.asked[name] for name in FILTERS if self.asked.get(name)}
        if self.order is not NEWEST:
            said[SORT] = self.order.name
        return said | {COLUMNS: str(self.columns)}

    @property
    def changed(self) -> bool:
        """Whether it differs from the view that it began with."""
        return self.view is not None and self.saved != self.begun_with

    def query(self, **changes) -> str:
        """The address's query with ``changes``; None takes a name away."""
        said = {name: text for name in self._in_order if (text := self._understood(name))}
        said |= {name: value for name, value in changes.items() if name in NAMES}
        said = {name: value for name, value in said.items() if value is not None}
        others = {n: v for n, v in changes.items() if n not in NAMES and v is not None}
        if self.view is not None:
            said = {VIEW: self.view.pk} | self._beside_view(said)
        return _encoded(said | others)

    def _understood(self, name) -> str:
        """What the address says of it that means something: every row carries it. Of the filters
        the page says so."""
        text = self.asked.get(name, "")
        if name == COLUMNS:
            columns = Columns.read(text)
            return "" if columns is None else str(columns)
        return text if name != SORT or order_of(text).name == text else ""

    def _beside_view(self, said) -> dict:
        """What an address that names the view has to say besides: nothing for the view itself."""
        if said.get(SORT) == NEWEST.name:
            del said[SORT]
        if said.setdefault(COLUMNS, str(self.columns)) != self.begun_with.get(COLUMNS):
            return said
        if said == self.begun_with:
            return {}
        del said[COLUMNS]
        return said or {SORT: NEWEST.name}

    @property
    def kept(self) -> list:
        """What a form of the filters sends along: ``(name, value)``."""
        names = ("createdAfter", "createdBefore", IMPORT, COLUMNS)
        view = [(VIEW, self.view.pk)] if self.view else []
        return view + [(name, text) for name in names if (text := self._understood(name))]

    @property
    def carried(self) -> str:
        """For the address of a lead that is opened from here: where it comes from."""
        query = self.query()
        return f"?{_encoded({CARRIED: query})}" if query else ""

    @property
    def path(self) -> str:
        return self.address()

    def address(self, **changes) -> str:
        query = self.query(**changes)
        return f"{reverse('leads:list')}?{query}" if query else reverse("leads:list")


def carried(request):
    """The list that a lead was opened from, as its address carries it; all leads where it carries
    none. None for a view that is not there any more."""
    text = request.GET.get(CARRIED, "")
    try:
        return Showing(request, QueryDict(text if len(text) <= LONGEST else ""))
    except Http404:
        return None


def _view(user, text):
    known = text.isascii() and text.isdigit() and len(text) < 19
    seen = SavedView.objects.visible_to(user).select_related("owner")
    view = seen.filter(pk=int(text)).first() if known else None
    if view is None:
        raise Http404
    return view


def _encoded(values) -> str:
    query = QueryDict(mutable=True)
    query.update(values)
    return query.urlencode()
