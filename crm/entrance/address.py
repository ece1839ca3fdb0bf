"""Where a request comes from."""

from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings

IPV6_OF_ONE = 64  # bits: what a provider gives one customer, who chooses the rest freely


def address_of(request) -> str | None:
    """Behind PROXIES proxies, what the outermost of them saw. What stands further left in
    X-Forwarded-For the client may have made up. None where nothing says it."""
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if settings.PROXIES and len(hops) >= settings.PROXIES:
        return _plain(hops[-settings.PROXIES]) or _plain(request.META.get("REMOTE_ADDR", ""))
    return _plain(request.META.get("REMOTE_ADDR", ""))


def neighbourhood_of(request) -> str | None:
    """By what tries are counted: the address, or the network of one customer."""
    address = address_of(request)
    if address and isinstance(ip_address(address), IPv6Address):
        return str(ip_network(f"{address}/{IPV6_OF_ONE}", strict=False).network_address)
    return address


def _plain(text: str) -> str | None:
    """An address as the database takes it, without the port that some proxies add."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)
