"""What is written in a message beside its words: links, and leads.

A link is ``http://`` or ``https://`` and nothing else; ``/leads/12/``, typed or pasted with this
site's address in front of it, is a lead.
"""

import re

LINK = re.compile(r"https?://[^\s<>\"'`]+|(?<![\w/.:])/leads/\d{1,18}/?(?![\w/])", re.IGNORECASE)
LEAD = re.compile(r"/leads/(\d{1,18})/?(?:[?#].*)?")
ENDS = ".,;:!?*_"  # of the sentence around it, not of the address
MAX_LEAD = 2**63 - 1
MOST_LEADS = 5  # that unfold below one message


def parts(body: str):
    """``(text, address)`` for each part of the body; the address is empty where it is none."""
    at = 0
    for match in LINK.finditer(body):
        address = _without_end(match[0])
        yield body[at : match.start()], ""
        yield address, address
        at = match.start() + len(address)
    yield body[at:], ""


def lead_ids(body: str, origin: str) -> list[int]:
    """The leads that are linked to, each once, as they come; ``origin`` is that of this site."""
    found = {}
    for _text, address in parts(body):
        path = address.removeprefix(origin)
        lead = LEAD.fullmatch(path)
        if lead and int(lead[1]) <= MAX_LEAD:
            found[int(lead[1])] = None
    return list(found)[:MOST_LEADS]


def _without_end(address: str) -> str:
    while True:
        shorter = address.rstrip(ENDS)
        for opening, closing in ("()", "[]"):
            if shorter.endswith(closing) and shorter.count(closing) > shorter.count(opening):
                shorter = shorter[:-1]
        if shorter == address:
            return address
        address = shorter
