"""Where everything is."""

from django.contrib import admin
from django.urls import include, path
from django.views.decorators.http import require_http_methods
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.routers import SimpleRouter

from chat.api import ConversationViewSet
from crm import api, chat, health, quiet, views
from crm.announcing.api import AnnouncementViewSet
from leads import api as leads
from leads.views import calendar, feed, tasks
from notifications.api import NotificationViewSet

reading = require_http_methods(["GET", "HEAD", "OPTIONS"])

router = SimpleRouter(use_regex_path=False)
router.register("leads", leads.LeadViewSet)
router.register("leads/<int:lead>/timeline", leads.TimelineOfLead, "timeline")
router.register("leads/<int:lead>/comments", leads.CommentsOfLead, "lead-comments")
router.register("leads/<int:lead>/tasks", leads.TasksOfLead, "lead-tasks")
router.register("leads/<int:lead>/interactions", leads.InteractionsOfLead, "lead-interactions")
router.register("leads/<int:lead>/appointments", leads.AppointmentsOfLead, "lead-appointments")
router.register("comments", leads.CommentViewSet)
router.register("tasks", leads.TaskViewSet)
router.register("interactions", leads.InteractionViewSet)
router.register("appointments", leads.AppointmentViewSet)
router.register("messages", chat.Messages)
router.register("conversations", ConversationViewSet)
router.register("notifications", NotificationViewSet)
router.register("announcements", AnnouncementViewSet)

PUT_THERE = {"get": "retrieve", "put": "update", "delete": "destroy"}
api_urls = [
    path("auth/token/", api.Token.as_view()),
    path("auth/token/refresh/", api.TokenRefresh.as_view()),
    path("auth/logout/", api.Logout.as_view()),
    path("me/", api.Me.as_view()),
    path("users/", api.Users.as_view()),
    path("schema/", reading(SpectacularJSONAPIView.as_view()), name="schema"),
    path("asyncapi.json", api.Frames.as_view()),
    path("docs/", reading(api.Docs.as_view(url_name="schema"))),
    path("tasks/<int:pk>/reminder/", leads.ReminderOfTask.as_view(PUT_THERE)),
    path("tasks/<int:pk>/snooze/", leads.ReminderOfTask.as_view({"post": "snooze"})),
    path("tasks/<int:pk>/repeat/", leads.RepeatOfTask.as_view(PUT_THERE)),
    path("", include(router.urls)),
]

urlpatterns = [
    path("api/", include(api_urls)),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("login/", views.login, name="login"),
    path("logout/", views.logout, name="logout"),
    path("", views.today, name="today"),
    path("settings/", views.settings, name="settings"),
    path("settings/keys/", include("crm.keys.urls")),
    path("settings/webhooks/", include("crm.webhooks.urls")),
    path("settings/quiet/", quiet.hours, name="quiet"),
    path("leads/", include("leads.urls")),
    path("tasks/", tasks.index, name="tasks"),
    path("tasks/new/", tasks.new, name="new-task"),
    path("tasks/<int:pk>/complete/", tasks.complete, name="complete-task"),
    path("tasks/<int:pk>/reopen/", tasks.reopen, name="reopen-task"),
    path("tasks/<int:pk>/snooze/", tasks.snooze, name="snooze-task"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("calendar/feed/<str:token>.ics", feed.feed, name="calendar-feed"),
    path("calendar/feed/renew/", feed.renew, name="renew-calendar-feed"),
    path("calendar/feed/remove/", feed.remove, name="remove-calendar-feed"),
    path("chat/", include("chat.urls"), {"leads_of": chat.leads_of}),
    path("notifications/", include("notifications.urls")),
    path("announcements/", include("crm.announcing.urls")),
    path("sw.js", views.service_worker, name="service-worker"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
]
