"""The doors of intake: no session, no cookie; who knows the address may knock."""

import ipaddress
import logging

from django.core.exceptions import RequestDataTooBig
from django.db import IntegrityError
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from leads.forms.enquiry import EnquiryForm
from leads.intake import addresses
from leads.intake.doors import Arrival, Refused
from leads.intake.spam import HONEYPOT, STAMP, new_stamp
from leads.models import Source
from leads.models.delivery import TROUBLE

logger = logging.getLogger(__name__)

UNKNOWN = Refused(
    404, "Nothing is taken here: the address is wrong, or its source is switched off."
)
BUSY = Refused(503, "This is not taken just now: send it again.", wait=30)
IN_ORDER = ("status", "leadId", "detail")  # which the database does not keep
HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}


@csrf_exempt
def door(request, token, address_of):
    """``address_of`` says where a request comes from."""
    response = _answered(request, token, address_of)
    for name, value in HEADERS.items():
        response[name] = value
    response._has_been_logged = True  # Django's line would tell the address, which is a secret
    return response


def _answered(request, token, address_of):
    source = None
    try:
        source = Source.objects.reached(token)
        return _knocked(request, source, address_of)
    except Source.DoesNotExist:  # or it was deleted meanwhile
        return _refused(request, None, UNKNOWN)
    except (*TROUBLE, IntegrityError):  # whom it was to be given to was deleted meanwhile, say
        logger.exception("Something that came in was not stored: its sender comes again")
        return _refused(request, source, BUSY)


def _knocked(request, source, address_of):
    try:
        return WAYS.get(request.method, _not_allowed)(request, source, address_of)
    except Refused as refused:
        logger.info("Source %s refused what came: %s", source.pk, refused.status)
        source.note_refusal(refused.detail)
        return _refused(request, source, refused)


def _take(request, source, address_of):
    arrival = _arrival(request, address_of)
    if source.door.has_pages:
        typed = source.door.typed(source, arrival)
        if typed is not None and not (form := EnquiryForm(typed)).is_valid():
            return _page(request, source, form, typed[STAMP], status=400)
    delivery, *_others = source.deliveries.take(source, arrival) or [None]
    if source.door.has_pages:
        return _thanks(request, source, delivery)
    return _answer(delivery)


def _show(request, source, address_of):
    """The hosted page of a form; of Meta its question whether we are who it was told."""
    if source.kind == Source.Kind.META:
        challenge = source.door.verified(source, request.GET)
        return HttpResponse(challenge, content_type="text/plain")
    if source.kind == Source.Kind.FORM:
        return _page(request, source, EnquiryForm(), new_stamp(source))
    return _not_allowed(request, source, address_of)


WAYS = {"POST": _take, "GET": _show, "HEAD": _show}


def _not_allowed(request, source, address_of):
    allow = "GET, HEAD, POST" if source.kind in (Source.Kind.FORM, Source.Kind.META) else "POST"
    refused = Refused(405, f"Send it by POST: {request.method} is not taken here.")
    response = _refused(request, source, refused)
    response["Allow"] = allow
    return response


def _arrival(request, address_of) -> Arrival:
    try:
        body = request.body
    except RequestDataTooBig as problem:
        raise Refused(413, "The body is too large: send less.") from problem
    return Arrival(
        body,
        request.headers.get("Content-Type", ""),
        request.headers,
        _ip(address_of(request)),
        f"{request.scheme}://{request.get_host()}",
    )


def _ip(text) -> str | None:
    """What the database takes for an address, else None: a proxy may say anything."""
    try:
        address = ipaddress.ip_address(text.split("%")[0])
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)


# Answers


def _answer(delivery):
    if delivery is None:  # there was no lead in it
        return JsonResponse({})
    said = delivery.answer["body"]
    body = {name: said[name] for name in IN_ORDER if name in said}
    response = JsonResponse(body and {"id": delivery.pk, **body})
    response.status_code = delivery.answer["status"]
    if delivery.again:
        response["Idempotent-Replayed"] = "true"
    return response


def _thanks(request, source, delivery):
    """Whoever is suspected is answered like everybody else."""
    wanted = source.door.return_address(bytes(delivery.payload or b""))
    if url := addresses.allowed_return(wanted, source.return_hosts):
        return HttpResponse(status=303, headers={"Location": url})
    if not _reads_pages(request):
        return JsonResponse({"detail": _("Thank you. We will be in touch.")})
    return render(request, "intake/thanks.html")


def _page(request, source, form, stamp, status=200):
    context = {"form": form, "stamp": stamp, "stamp_name": STAMP, "honeypot": HONEYPOT}
    return render(request, "intake/form.html", context, status=status)


def _refused(request, source, refused):
    """In JSON for programs; a form of a website is sent by a browser, which shows a page."""
    if (source is None or source.door.has_pages) and _reads_pages(request):
        response = render(request, "intake/refused.html", {"refused": refused})
    else:
        names = source.door.error_names if source else ("detail",)
        response = JsonResponse(dict.fromkeys(names, refused.detail))
    response.status_code = refused.status
    if refused.wait:
        response["Retry-After"] = str(refused.wait)
    return response


def _reads_pages(request) -> bool:
    return "text/html" in request.headers.get("Accept", "")
