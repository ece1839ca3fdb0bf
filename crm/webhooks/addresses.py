"""Where webhooks may go: to the Internet, and not into the network that this server stands in."""

import ipaddress
import socket
from urllib.parse import urlsplit

from django.conf import settings

# They carry an IPv4 address within: NAT64 (RFC 6052, RFC 8215).
NAT64 = ipaddress.ip_network("64:ff9b::/96")
LOCAL_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")


class Forbidden(Exception):
    """An address to which nothing is sent."""


def resolved(host: str, port: int) -> str:
    """The address to connect to, looked up once: to look again is to be told another one. Raises
    Forbidden where any that the name stands for is not public, and OSError for no name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(place[4][0] for place in found))
    if not settings.WEBHOOKS_TO_PRIVATE:
        for address in addresses:
            if not is_public(address):
                raise Forbidden(f"{host} is {address}, which is not on the Internet.")
    return addresses[0]


def is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if within := _ipv4_within(ip):
        return is_public(str(within))
    if ip.version == 6 and ip in LOCAL_NAT64:
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def _ipv4_within(ip):
    if ip.version == 4:
        return None
    if ip in NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])


def problem_with(url: str) -> str:
    """Why nothing can be sent to ``url`` whatever its host is; empty where it can."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "not_an_address"
    schemes = {"https", "http"} if settings.WEBHOOKS_TO_PRIVATE else {"https"}
    if not host or port == 0 or not url.isascii() or any(c <= " " or c == "\x7f" for c in url):
        return "not_an_address"
    if parts.scheme not in schemes:
        return "not_https"
    return "has_password" if parts.username or parts.password else ""
