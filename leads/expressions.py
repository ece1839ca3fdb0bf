"""What the database computes of a lead, in queries and in the indexes that serve them alike."""

from django.db.models import TextField, Value
from django.db.models.functions import Concat, Lower, LTrim, Replace


def _joined(*names):
    spaced = [part for name in names for part in (name, Value(" "))][:-1]
    return Concat(*spaced, output_field=TextField())


# The person, else the company, in lower case: in the order of Lead.name.
NAME_KEY = Lower(LTrim(_joined("first_name", "last_name", "company")))

PUNCTUATION = " ()-./+"  # of phone numbers


def _digits(phone):
    for sign in PUNCTUATION:
        phone = Replace(phone, Value(sign), Value(""))
    return phone


# What the search looks in; the phone number also by its digits alone. On PostgreSQL the index
# lead_search is of this in upper case, as ``icontains`` asks: whoever changes it makes that anew.
SEARCHED = _joined("first_name", "last_name", "email", "phone", "company", _digits("phone"))
