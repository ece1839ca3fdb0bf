from django.urls import path

from crm.operations import views

app_name = "operations"
urlpatterns = [
    path("", views.index, name="index"),
    path("try-again/", views.try_again, name="try-again"),
]
