from django.urls import path

from leads.views import agenda, board, bulk, composer, export, lead, saved_views, stage
from leads.views import list as leads_list

app_name = "leads"
urlpatterns = [
    path("", leads_list.index, name="list"),
    path("new/", leads_list.new, name="new"),
    path("<int:pk>/", lead.detail, name="detail"),
    path("<int:pk>/edit/", lead.edit, name="edit"),
    path("<int:pk>/stage/", stage.move, name="stage"),
    path("<int:pk>/delete/", lead.delete, name="delete"),
    path("<int:pk>/row/", leads_list.row, name="row"),
    path("board/", board.index, name="board"),
    path("board/counts/", board.counts, name="board-counts"),
    path("<int:pk>/card/", board.card, name="card"),
    path("bulk/", bulk.bulk, name="bulk"),
    path("export.csv", export.export, name="export"),
    path("views/new/", saved_views.new, name="new-view"),
    path("views/<int:pk>/", saved_views.edit, name="edit-view"),
    path("views/<int:pk>/save/", saved_views.save, name="save-view"),
    path("views/<int:pk>/delete/", saved_views.delete, name="delete-view"),
    path("columns/", saved_views.columns, name="columns"),
    path("<int:pk>/field/", lead.field, name="field"),
    path("<int:pk>/say/", composer.say, name="say"),
    path("<int:pk>/entries/<int:entry>/", composer.mend, name="mend"),
    path("<int:pk>/entries/<int:entry>/delete/", composer.take_back, name="take-back"),
    path("<int:pk>/tasks/", agenda.add_task, name="add-task"),
    path(
        "<int:pk>/tasks/<int:task>/complete/",
        agenda.mark_task,
        {"completed": True},
        name="complete-task",
    ),
    path(
        "<int:pk>/tasks/<int:task>/reopen/",
        agenda.mark_task,
        {"completed": False},
        name="reopen-task",
    ),
    path("<int:pk>/appointments/", agenda.add_appointment, name="add-appointment"),
]
