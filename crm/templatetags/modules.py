"""`{% modules "board" %}`: has the browser fetch what the scripts of a page take, at once and side
by side, instead of finding out with each file that it takes another one."""

import re
from functools import cache

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html_join

register = template.Library()

FOLDER = settings.BASE_DIR / "static" / "js"
LINK = '<link rel="modulepreload" fetchpriority="low" href="{}">'  # the stylesheet comes first
STATIC_IMPORT = re.compile(r'^import .*?from "\./([\w-]+)\.js";$', re.MULTILINE)
AT_ONCE = ("early", "app", "ages", "bell", "theme", "page", "zone", "banners", "title", "quiet")
AT_ONCE += ("sound", "desktop", "status", "chat", "toasts")
WHEN_OPENED = ("palette", "panel")  # there by then, also where the network has gone
EVERYWHERE = AT_ONCE + WHEN_OPENED


@register.simple_tag
def modules(*names):
    """Those that every page takes; with ``names`` what these take beside them."""
    wanted = closure(names) - closure(EVERYWHERE) if names else closure(EVERYWHERE)
    urls = ((static(f"js/{name}.js"),) for name in sorted(wanted))
    return format_html_join("\n  ", LINK, urls)


@cache
def closure(names):
    """The modules and what they import, which is not what they may fetch some time."""
    found, left = set(), list(names)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += STATIC_IMPORT.findall((FOLDER / f"{name}.js").read_text())
    return frozenset(found)
