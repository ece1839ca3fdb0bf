"""The sign-in page and one stylesheet that it names: what everybody needs to come in."""

import contextlib
import re
from urllib.parse import urljoin, urlsplit

from crm import wsclient
from crm.doctor.check import Trouble
from crm.doctor.laps import Laps
from crm.doctor.socket import headers

STYLESHEET = re.compile(r'<link rel="stylesheet" href="([^"]+)"')  # templates/bare.html
MAX_BYTES = 1024 * 1024


def look_at_pages(visit) -> str:
    laps = Laps()
    page = f"{urlsplit(visit.url).path.rstrip('/')}/login/"
    named = STYLESHEET.search(_fetched(visit, page, "text/html"))
    laps.end("sign-in page")
    if named is None:
        raise Trouble(f"{page} names no stylesheet.", "Name Leadbell's own address with --url.")
    _fetched(visit, urlsplit(urljoin(page, named[1])).path, "text/css")
    laps.end("its stylesheet")
    return str(laps)


def _fetched(visit, path, kind) -> str:
    """The beginning of what the server has at that path. Raises Trouble where that is not of the
    kind, and OSError or http.client.HTTPException where nothing comes."""
    with contextlib.closing(wsclient.http_connection(visit.url, visit.until)) as client:
        client.request("GET", path, headers=headers(visit.url))
        answer = client.getresponse()
        if answer.status != 200:
            raise Trouble(f"{path} answered {answer.status} where 200 was due.")
        if answer.headers.get_content_type() != kind:
            raise Trouble(f"{path} is {answer.headers.get_content_type()} where {kind} was due.")
        return answer.read(MAX_BYTES).decode(errors="replace")
