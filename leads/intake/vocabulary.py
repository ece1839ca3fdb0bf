"""What others call the fields of a lead: the heads of their exports, the names in their forms.

Read from the documentation of HubSpot, Salesforce (Web-to-Lead too), Pipedrive, Google Ads lead
forms and Meta Lead Ads, and from forms as people make them, in English and German.
"""

import re
import unicodedata

# What is no field of a lead, and yet understood.
NAME, OWNER, TAGS = "name", "owner", "tags"

WORDS = {
    NAME: (
        "name, full name, fullname, your name, contact name, person name, lead name, ganzer "
        "name, ihr name, kontakt"
    ),
    "first_name": "first name, firstname, given name, forename, fname, first, vorname",
    "last_name": ("last name, lastname, surname, family name, lname, last, nachname, familienname"),
    "email": (
        "email, e mail, email address, e mail address, your email, work email, business "
        "email, person email, person email work, contact email, user email, mail, e mail "
        "adresse, ihre e mail"
    ),
    "phone": (
        "phone, phone number, user phone, telephone, telephone number, tel, mobile, mobile "
        "phone, mobile phone number, mobile number, cell, cell phone, work phone, work phone "
        "number, business phone, person phone, person phone work, person phone mobile, contact "
        "phone, telefon, telefonnummer, handy, mobil, rufnummer"
    ),
    "company": (
        "company, company name, company account, account, account name, organization, "
        "organisation, organization name, organisation name, business name, associated "
        "company, person organization, lead organization, employer, firma, unternehmen, "
        "organisationsname"
    ),
    "job_title": (
        "job title, jobtitle, title, position, job position, person job title, role, "
        "occupation, beruf, berufsbezeichnung, funktion"
    ),
    "website": (
        "website, website url, web site, url, homepage, company website, web, webseite, "
        "internetseite"
    ),
    "message": (
        "message, your message, description, comment, comments, note, notes, question, "
        "questions, enquiry, inquiry, how can we help, how can we help you, nachricht, ihre "
        "nachricht, beschreibung, anmerkung, bemerkung"
    ),
    "city": "city, town, mailing city, person city, ort, stadt, wohnort",
    "region": (
        "region, state, state province, state region, province, county, state code, mailing "
        "state, bundesland"
    ),
    "postal_code": (
        "postal code, postcode, post code, zip, zip code, zipcode, zip postal code, mailing "
        "zip, postleitzahl, plz"
    ),
    "country": "country, country region, country code, mailing country, land",
    "source": (
        "source, lead source, original source, lead channel, person source, quelle, herkunft"
    ),
    "stage": "stage, lead status, status, lead stage, lifecycle stage, deal stage",
    OWNER: (
        "owner, lead owner, contact owner, hubspot owner, person owner, assigned to, account "
        "owner, besitzer, zustandig"
    ),
    TAGS: "tags, tag, label, labels, person label, lead label, schlagworte",
}

# What others call the stages of ours, as HubSpot's and Salesforce's exports have them.
STAGES = {
    "new": "new, open, open not contacted, raw, lead, subscriber, neu, offen",
    "contacted": (
        "contacted, attempted to contact, working, working contacted, in progress, connected, "
        "open deal, kontaktiert"
    ),
    "qualified": (
        "qualified, marketing qualified lead, sales qualified lead, opportunity, qualifiziert"
    ),
    "won": "won, closed won, converted, closed converted, customer, gewonnen",
    "lost": (
        "lost, closed lost, unqualified, disqualified, closed not converted, bad timing, verloren"
    ),
}


def plain(name: str) -> str:
    """The words of a name, without case, accents and punctuation: ``First Name``, ``first_name``
    and ``firstName`` are alike."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    decomposed = unicodedata.normalize("NFKD", spaced).casefold()
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(re.findall(r"[^\W_]+", letters))


def _by_word(words):
    return {word.strip(): name for name, said in words.items() for word in said.split(",")}


_FIELDS, _STAGES = _by_word(WORDS), _by_word(STAGES)


def field_called(name: str) -> str:
    """The field of a lead that others call so, or ``NAME``, ``OWNER`` or ``TAGS``; else empty."""
    return _FIELDS.get(plain(name), "")


def stage_called(name: str) -> str:
    """The stage that others call so, else empty."""
    return _STAGES.get(plain(name), "")


def parted(name: str) -> tuple[str, str]:
    """A whole name as first and last name: ``Lovelace, Ada`` and ``Ada Lovelace``."""
    last, comma, first = name.partition(",")
    if comma and first.strip() and "," not in first:
        return first.strip(), last.strip()
    first, _, last = " ".join(name.split()).rpartition(" ")
    return (first, last) if first else (last, "")
