"""What the database computes of a lead, in queries and in the indexes that serve them alike."""

from django.db.models import Func, TextField, Value
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


# What two leads have in common that may be one: each has its index.


def email_key(email="email"):
    return Lower(email)


def phone_key(phone="phone"):
    """The digits, with ``00`` for ``+``, which dial the same. The zero of ``+44 (0)20`` is not
    dialled after a country's code. A number without the code is not taken for one with it: whose
    country it is in, it does not say."""
    for sign, instead in {"(0)": "", "+": "00", **dict.fromkeys(" ()-./\u00a0\u2013", "")}.items():
        phone = _with(phone, sign, instead)
    return phone


def _with(text, sign, instead):
    """Both are part of the SQL: SQLite takes no index for an expression with parameters."""
    template = f"REPLACE(%(expressions)s, '{sign}', '{instead}')"
    return Func(text, template=template, output_field=TextField())
