from django.urls import path

from notifications import views

app_name = "notifications"
urlpatterns = [
    path("", views.index, name="list"),
    path("panel/", views.panel, name="panel"),
    path("archive/", views.archive, name="archive"),
    path("keep/", views.keep, name="keep"),
    path("hear/", views.hear, name="hear"),
    path("read-all/", views.read_all, name="read-all"),
    path("read-storm/", views.read_storm, name="read-storm"),
    path("<uuid:pk>/read/", views.read, name="read"),
    path("<uuid:pk>/unread/", views.unread, name="unread"),
    path("<uuid:pk>/delete/", views.delete, name="delete"),
]
