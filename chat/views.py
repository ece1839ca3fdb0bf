"""The pages of the chat: the conversations beside the open one, or a page each on a phone.

``leads_of`` comes from above: it gives the leads with some ids that a user may read.
"""

from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.db.models.functions import Lower
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from chat.forms import ComposerForm
from chat.models import ChatInbox, Conversation, Message
from chat.talk import Stretch

CONVERSATIONS = 100


@login_required
@never_cache
@require_GET
def index(request, leads_of):
    """``with`` names somebody to write to."""
    chosen = request.GET.get("with", "")
    if chosen.isascii() and chosen.isdigit() and len(chosen) < 19:
        return redirect("chat:conversation", chosen)
    return render(request, "chat/chat.html", _conversations(request))


@login_required
@never_cache
@require_GET
def conversation(request, pk, leads_of):
    return _page(request, _other(request, pk), leads_of)


@login_required
@require_POST
def send(request, pk, leads_of):
    other = _other(request, pk)
    form = ComposerForm(request.POST, sender=request.user, recipient=other)
    if form.is_valid():
        form.send()
        return redirect("chat:conversation", pk)
    return _page(request, other, leads_of, form, status=400)


@login_required
@require_POST
def read(request, pk, leads_of):
    """For who has no scripts: marks what was on show, up to the message ``upTo``."""
    up_to = request.POST.get("upTo", "")
    if up_to.isascii() and up_to.isdigit() and len(up_to) < 19:
        ChatInbox(pk=request.user.pk).mark_read(_other(request, pk).pk, int(up_to))
    return redirect("chat:conversation", pk)


@login_required
@never_cache
@require_GET
def who(request, pk, leads_of):
    """Whose message it is, for a popup."""
    return render(request, "chat/who.html", {"other": _other(request, pk)})


def _other(request, pk):
    return get_object_or_404(get_user_model().objects.exclude(pk=request.user.pk), pk=pk)


def _page(request, other, leads_of, form=None, status=200):
    stretch = Stretch(request.user, other, request.GET)
    origin = f"{request.scheme}://{request.get_host()}"
    context = _conversations(request) | {
        "other": other,
        "stretch": stretch,
        "shown": stretch.to_show(leads_of, origin),
        "form": form or ComposerForm(sender=request.user, recipient=other),
    }
    return render(request, "chat/chat.html", context, status=status)


def _conversations(request):
    me = request.user.pk
    rows = list(Conversation.objects.of(me).to_show()[:CONVERSATIONS])
    unread = Message.objects.unread_by_conversation(me, [row.pk for row in rows])
    for row in rows:
        row.who, row.unread_count = row.other(me), unread.get(row.pk, 0)
        row.mine = row.last_message.sender_id == me
    people = get_user_model().objects.filter(is_active=True).exclude(pk=me)
    return {
        "conversations": rows,
        "people": people.order_by(Lower("first_name"), Lower("last_name"), "pk"),
    }
