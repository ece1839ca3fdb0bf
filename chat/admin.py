"""Who wrote to whom, and when it arrived: never what. Messages are private, from administrators as
well."""

from django.contrib import admin

from chat.models import ChatInbox, Message
from notifications.admin import ReadOnly


@admin.register(Message)
class MessageAdmin(ReadOnly):
    fields = ("sender", "recipient", "created_at", "delivered_at", "read_at")
    list_display = ("id", *fields)
    list_select_related = ("sender", "recipient")
    search_fields = ("sender__email", "recipient__email")
    ordering = ("-id",)


@admin.register(ChatInbox)
class ChatInboxAdmin(ReadOnly):
    list_display = ("user", "seq", "unread_count")
    list_select_related = ("user",)
    search_fields = ("user__email",)
