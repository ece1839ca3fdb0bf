from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import pre_delete


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self):
        from notifications.models.inbox import hold_before_deletion

        pre_delete.connect(hold_before_deletion, sender=settings.AUTH_USER_MODEL)
