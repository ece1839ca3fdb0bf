"""Addresses on other sites, as managers write them and as forms bring them."""

import re
from urllib.parse import urlsplit, urlunsplit

from django.utils.encoding import iri_to_uri

LONGEST = 2_000
ODD = re.compile(r"[\x00-\x20\x7f\\]")
PORTS = {"http": 80, "https": 443}
HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*")


def host_of(text: str) -> str:
    """``Müller.example`` as ``xn--mller-kva.example``. Raises ValueError for what is no host."""
    host = text.strip().lower().rstrip(".").encode("idna").decode()
    if len(host) > 253 or not HOST.fullmatch(host):
        raise ValueError(text)
    return host


def origin(text: str) -> str:
    """``https://Shop.example/`` as ``https://shop.example``. Raises ValueError for what is none."""
    parts = _parts(text.strip())
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError(text)
    return f"{parts.scheme}://{_netloc(parts)}"


def allowed_return(text: str, hosts) -> str:
    """The address, if it leads to one of these hosts; else empty. It is put together anew, so that
    no browser can read it in another way, and a header takes it."""
    try:
        parts = _parts(text)
        if len(text) > LONGEST or _netloc(parts) not in hosts:
            return ""
        return iri_to_uri(urlunsplit((parts.scheme, _netloc(parts), *parts[2:])))
    except ValueError:
        return ""


def _parts(text):
    if ODD.search(text):
        raise ValueError(text)
    parts = urlsplit(text)
    if parts.scheme not in PORTS or not parts.hostname or "@" in parts.netloc:
        raise ValueError(text)
    return parts


def _netloc(parts):
    port = parts.port
    host = host_of(parts.hostname)
    return host if port in (None, PORTS[parts.scheme]) else f"{host}:{port}"
