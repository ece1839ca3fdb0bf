"""The doors, each a sender's way: how it proves itself, what it brings, what it is answered."""

from leads.intake.door import Arrival, Brought, Door, Refused
from leads.intake.doors.form import Form
from leads.intake.doors.google import Google
from leads.intake.doors.meta import Meta
from leads.intake.doors.program import Program
from leads.intake.doors.typeform import Typeform

DOORS = {
    "form": Form(),
    "salesforce": Form(),
    "google": Google(),
    "meta": Meta(),
    "typeform": Typeform(),
    "json": Program(),
}

__all__ = ["DOORS", "Arrival", "Brought", "Door", "Refused"]
