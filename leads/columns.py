"""The columns of the list, and which of them it shows: the name always. On a phone a row has a
layout of its own, with those that say ``phone``."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NAME = "name"


@dataclass(frozen=True)
class Column:
    name: str
    label: str | Promise
    field: str = ""  # of the lead, where the cell is its text
    sorts: tuple = ()  # the orders of leads/orders.py: the first click's, and the other way round
    phone: bool = False
    numbers: bool = False

    def of(self, lead):
        return getattr(lead, self.field) if self.field else ""


COLUMNS = (
    Column("company", _("Company"), phone=True),
    Column("stage", _("Stage"), phone=True),
    Column("job-title", _("Job title"), "job_title"),
    Column("email", _("E-mail"), "email"),
    Column("phone", _("Phone"), "phone"),
    Column("city", _("City"), "city"),
    Column("region", _("Region"), "region"),
    Column("country", _("Country"), "country"),
    Column("last", _("Last")),
    Column("source", _("Source"), "source"),
    Column("tags", _("Tags")),
    Column("owner", _("Owner"), phone=True),
    Column("score", _("Score"), sorts=("-score", "score"), numbers=True),
    Column("next", _("Task"), phone=True),
    Column("updated", _("Changed"), sorts=("-updated", "updated"), numbers=True),
    Column("age", _("Age"), sorts=("-created", "created"), phone=True, numbers=True),
)
USUAL = ("company", "stage", "last", "source", "owner", "score", "next", "age")
FEW, SCREEN = 560, 980  # pixels that are there on a tablet and on a screen
BESIDE = 236  # of the check and the name
WIDTHS = {"last": 200, "email": 180, "tags": 160, "phone": 140, "company": 140, "job-title": 130,
          "stage": 108, "city": 100, "region": 100, "country": 100, "source": 100, "age": 84,
          "updated": 84, "owner": 76, "score": 64, "next": 48}  # fmt: skip


@dataclass(frozen=True)
class Columns:
    """Those that were chosen, in the order of the list."""

    chosen: tuple = USUAL

    @classmethod
    def named(cls, names):
        return cls(tuple(column.name for column in COLUMNS if column.name in names))

    @classmethod
    def read(cls, text):
        """What ``str`` wrote; None for what names no columns. Others are left out."""
        names = text.split(",")
        return cls.named(names) if NAME in names else None

    def __str__(self):
        return ",".join((NAME, *self.chosen))

    def __iter__(self):
        return (column for column in COLUMNS if column.name in self.chosen)

    @property
    def usual(self) -> bool:
        return self.chosen == USUAL

    @property
    def tags(self) -> bool:
        return "tags" in self.chosen

    @property
    def width(self) -> str:
        """For the stylesheet: whether they fit, or the table scrolls sideways."""
        if self.usual:
            return "usual"
        wanted = BESIDE + sum(WIDTHS[name] for name in self.chosen)
        return "few" if wanted <= FEW else "some" if wanted <= SCREEN else "many"

    def in_rows(self) -> list:
        """What the page has: the chosen ones, and for phones what a row shows there. Each with
        whether it is ``on`` on a wide screen."""
        there = [(column, column.name in self.chosen) for column in COLUMNS]
        return [(column, on) for column, on in there if on or column.phone]

    def offered(self) -> list:
        return [(column, column.name in self.chosen) for column in COLUMNS]
