"""Where everything is."""

from django.contrib import admin
from django.urls import include, path
from django.views.decorators.http import require_http_methods
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.routers import SimpleRouter

from chat.api import ConversationViewSet
from crm import api, chat, health, quiet, signin, views
from crm.announcing.api import AnnouncementViewSet
from crm.entrance import forgotten, sessions, steps, two_steps
from crm.operations import exposition
from leads import api as leads
from leads.views import calendar, feed, intake, tasks
from notifications.api import NotificationViewSet

reading = require_http_methods(["GET", "HEAD", "OPTIONS"])

router = SimpleRouter(use_regex_path=False)
router.register("leads", leads.LeadViewSet)
router.register("leads/<int:lead>/timeline", leads.TimelineOfLead, "timeline")
router.register("leads/<int:lead>/comments", leads.CommentsOfLead, "lead-comments")
router.register("leads/<int:lead>/tasks", leads.TasksOfLead, "lead-tasks")
router.register("leads/<int:lead>/interactions", leads.InteractionsOfLead, "lead-interactions")
router.register("leads/<int:lead>/origins", leads.OriginsOfLead, "lead-origins")
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
GET_AND_PUT = {"get": "retrieve", "put": "update"}
api_urls = [
    path("auth/token/", api.Token.as_view()),
    path("auth/token/refresh/", api.TokenRefresh.as_view()),
    path("auth/logout/", api.Logout.as_view()),
    path("me/", api.Me.as_view()),
    path("users/", api.Users.as_view()),
    path("schema/", reading(SpectacularJSONAPIView.as_view()), name="schema"),
    path("asyncapi.json", api.Frames.as_view()),
    path("docs/", reading(api.Docs.as_view(url_name="schema"))),
    path("leads/<int:lead>/tags/", leads.TagsOfLead.as_view(GET_AND_PUT)),
    path("tasks/<int:pk>/reminder/", leads.ReminderOfTask.as_view(PUT_THERE)),
    path("tasks/<int:pk>/snooze/", leads.ReminderOfTask.as_view({"post": "snooze"})),
    path("tasks/<int:pk>/repeat/", leads.RepeatOfTask.as_view(PUT_THERE)),
    path("", include(router.urls)),
]

urlpatterns = [
    path("api/", include(api_urls)),
    path("admin/login/", steps.admin_sign_in),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", exposition.answer),
    path("login/", steps.sign_in, name="login"),
    path("login/code/", steps.code, name="sign-in-code"),
    path("password/", forgotten.ask, name="forgotten-password"),
    path("password/asked/", forgotten.asked, name="password-asked"),
    path("password/<uidb64>/<token>/", forgotten.new, name="new-password"),
    path("logout/", views.logout, name="logout"),
    path("", views.today, name="today"),
    path("settings/", views.settings, name="settings"),
    path("settings/password/", forgotten.change, name="change-password"),
    path("settings/sessions/", sessions.index, name="sessions"),
    path("settings/sessions/<uuid:pk>/end/", sessions.end, name="end-session"),
    path("settings/sessions/end/", sessions.end_others, name="end-other-sessions"),
    path("settings/two-steps/", two_steps.index, name="two-steps"),
    path("settings/two-steps/begin/", two_steps.begin, name="begin-two-steps"),
    path("settings/two-steps/confirm/", two_steps.confirm, name="confirm-two-steps"),
    path("settings/two-steps/codes/", two_steps.renew, name="renew-recovery-codes"),
    path("settings/two-steps/off/", two_steps.turn_off, name="turn-off-two-steps"),
    path("settings/keys/", include("crm.keys.urls")),
    path("settings/webhooks/", include("crm.webhooks.urls")),
    path("settings/quiet/", quiet.hours, name="quiet"),
    path("leads/", include("leads.urls")),
    path("imports/", include("leads.import_urls")),
    path("in/<str:token>/", intake.door, {"address_of": signin.neighbourhood_of}, name="intake"),
    path("in/<str:token>", intake.door, {"address_of": signin.neighbourhood_of}),
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
    path("sources/", include("leads.source_urls")),
    path("announcements/", include("crm.announcing.urls")),
    path("operations/", include("crm.operations.urls")),
    path("sw.js", views.service_worker, name="service-worker"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
]
