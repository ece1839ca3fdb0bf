from django.apps import AppConfig


class CrmConfig(AppConfig):
    name = "crm"
    verbose_name = "People"

    def ready(self):
        from crm import audit, checks, signin  # noqa: F401 (checks register themselves)
        from crm.webhooks import recording
        from notifications.audit import keep_by

        keep_by(audit.note)
        signin.connect()
        recording.connect()
