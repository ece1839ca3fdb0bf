from django.urls import path

from leads import views

app_name = "leads"
urlpatterns = [
    path("", views.index, name="list"),
    path("new/", views.new, name="new"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/edit/", views.edit, name="edit"),
    path("<int:pk>/stage/", views.stage, name="stage"),
    path("<int:pk>/delete/", views.delete, name="delete"),
    path("<int:pk>/row/", views.row, name="row"),
]
