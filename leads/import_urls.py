from django.urls import path

from leads.views import imports

app_name = "imports"
urlpatterns = [
    path("", imports.index, name="list"),
    path("new/", imports.new, name="new"),
    path("begin/", imports.begin, name="begin"),
    path("<int:pk>/", imports.detail, name="detail"),
    path("<int:pk>/parts/<int:number>/", imports.part, name="part"),
    path("<int:pk>/complete/", imports.complete, name="complete"),
    path("<int:pk>/progress/", imports.progress, name="progress"),
    path("<int:pk>/read/", imports.read, name="read"),
    path("<int:pk>/start/", imports.start, name="start"),
    path("<int:pk>/discard/", imports.discard, name="discard"),
    path("<int:pk>/cancel/", imports.cancel, name="cancel"),
    path("<int:pk>/again/", imports.try_again, name="again"),
    path("<int:pk>/undo/", imports.undo, name="undo"),
    path("<int:pk>/rows.csv", imports.rows, name="rows"),
]
