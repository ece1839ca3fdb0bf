from django.urls import path

from crm.webhooks import views

app_name = "webhooks"
urlpatterns = [
    path("", views.index, name="list"),
    path("new/", views.new, name="new"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/test/", views.try_out, name="test"),
    path("<int:pk>/enable/", views.enable, name="enable"),
    path("<int:pk>/secret/", views.replace_secret, name="secret"),
    path("<int:pk>/remove/", views.remove, name="remove"),
    path("<int:pk>/deliveries/<uuid:delivery>/again/", views.redeliver, name="redeliver"),
]
