from django.urls import path

from crm.announcing import views

app_name = "announcements"
urlpatterns = [
    path("", views.index, name="list"),
    path("new/", views.new, name="new"),
    path("<int:pk>/withdraw/", views.withdraw, name="withdraw"),
    path("banners/", views.banners, name="banners"),
]
