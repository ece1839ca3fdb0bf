from django.urls import path

from chat import views

app_name = "chat"
urlpatterns = [
    path("", views.index, name="list"),
    path("<int:pk>/", views.conversation, name="conversation"),
    path("<int:pk>/send/", views.send, name="send"),
    path("<int:pk>/read/", views.read, name="read"),
    path("<int:pk>/who/", views.who, name="who"),
]
