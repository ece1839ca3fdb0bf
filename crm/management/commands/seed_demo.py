import logging
import random
import unicodedata
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from crm.demo import conversations, happenings
from crm.models import User
from leads.models import Lead
from notifications.models import Inbox

PASSWORD = "leadbell-demo"  # noqa: S105 (told to everybody, hence refused in production)
PEOPLE = (
    ("admin", "Ada", "Okafor", User.Role.ADMIN),
    ("manager", "Marit", "Lindqvist", User.Role.MANAGER),
    ("rep1", "Rafael", "Moreno", User.Role.REP),
    ("rep2", "Yuki", "Tanaka", User.Role.REP),
)
FIRST = [
    "Anna",
    "Björn",
    "Chloé",
    "Dmitri",
    "Elif",
    "Farid",
    "Greta",
    "Hugo",
    "Ines",
    "Jonas",
    "Kenza",
    "Liam",
]
LAST = [
    "Almeida",
    "Berg",
    "Costa",
    "Dubois",
    "Eriksen",
    "Ferrari",
    "Gruber",
    "Haddad",
    "Ivanova",
    "Jansen",
]
COMPANIES = (
    "Northwind Cycles", "Alpine Dental", "Kestrel Logistics", "Blue Harbour Hotels",
    "Fjord Energy", "Mosaic Interiors", "Quarry Lane Bakery", "",
)  # fmt: skip
SOURCES = ("Website", "Demo form", "Referral", "Trade fair", "Phone")
STAGES = (
    *[Lead.Stage.NEW] * 4, *[Lead.Stage.CONTACTED] * 3, *[Lead.Stage.QUALIFIED] * 2,
    Lead.Stage.WON, Lead.Stage.LOST,
)  # fmt: skip
FRESH = 3  # leads that just came in, and that nobody has read of
CITIES = (("Porto", "PT"), ("Oslo", "NO"), ("Lyon", "FR"), ("Graz", "AT"), ("Bristol", "GB"))


class Command(BaseCommand):
    help = "Makes the demo users (password leadbell-demo) and a pipeline to look at."

    def add_arguments(self, parser):
        parser.add_argument("--force", action="store_true", help="Also when DEBUG is off.")
        parser.add_argument(
            "--if-empty", action="store_true", help="Do nothing when there are users."
        )
        parser.add_argument("--leads", type=int, default=36, help="How many leads to make.")

    def handle(self, *args, force, if_empty, leads, **options):
        if not (settings.DEBUG or force):
            raise CommandError(
                "The demo has well-known passwords, so it is not made while DEBUG is off. "
                "Set DEBUG=true, or insist with --force."
            )
        if if_empty and User.objects.exists():
            return
        with _quiet("notifications"):  # a line for each is too much
            people = self._make(leads)
        self.stdout.write(f"Demo users: {', '.join(p.email for p in people)}, {PASSWORD}")

    def _make(self, leads):
        with transaction.atomic():
            people = [self._person(*person) for person in PEOPLE]
            made = list(self._leads(0 if Lead.objects.exists() else leads, people))
            old = Lead.objects.bulk_create(made[:-FRESH])
            chance = random.Random(11)  # noqa: S311 (the same demo every time)
            happenings(old, people, chance, timezone.now())
            if old:
                conversations(people, old[0], timezone.now())
            known = Lead.objects.filter(pk__in=[lead.pk for lead in old])
            known.update(score_told=F("score"))  # what happened is old news
        for person in people if made else ():  # what is old was read
            Inbox.objects.of(person).mark_all_read()
        Lead.objects.bulk_create(made[-FRESH:])
        return people

    def _person(self, name, first_name, last_name, role):
        names = {"first_name": first_name, "last_name": last_name, "role": role}
        user, made = User.objects.get_or_create(email=f"{name}@example.com", defaults=names)
        if made:
            user.set_password(PASSWORD)
            user.save()
        return user

    def _leads(self, count, people):
        chance = random.Random(7)  # noqa: S311 (the same demo every time)
        reps, now = people[1:], timezone.now()
        for number in range(count, 0, -1):
            first, last = chance.choice(FIRST), chance.choice(LAST)
            city, country = chance.choice(CITIES)
            stage = Lead.Stage.NEW if number <= FRESH else chance.choice(STAGES)
            yield Lead(
                first_name=first,
                last_name=last,
                email=f"{_plain(first)}.{last}{number}@example.net".lower(),
                phone=f"+44 20 7946 0{number:03d}",
                company=chance.choice(COMPANIES),
                city=city,
                country=country,
                source=chance.choice(SOURCES),
                stage=stage,
                message="Please call me about your offer." if chance.random() < 0.5 else "",
                owner=None if stage == Lead.Stage.NEW else chance.choice(reps),
                created_by=chance.choice(people),
                created_at=now - timedelta(minutes=3 * number * number),
            )


def _plain(name):
    """The name in the letters that an address may have."""
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()


@contextmanager
def _quiet(name):
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)
