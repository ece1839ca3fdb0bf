from django.apps import AppConfig


class CrmConfig(AppConfig):
    name = "crm"
    verbose_name = "People"

    def ready(self):
        from crm import signin
        from crm.webhooks import recording

        signin.connect()
        recording.connect()
