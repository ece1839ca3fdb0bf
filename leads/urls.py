from django.urls import path

from leads.views import (
    agenda,
    board,
    bulk,
    composer,
    export,
    lead,
    looking,
    mentions,
    merge,
    stage,
)
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
    path("<int:pk>/merge/<int:other>/", merge.merge, name="merge"),
    path("<int:pk>/merges/<int:merge>/undo/", merge.undo, name="undo-merge"),
    path("<int:pk>/appointments/", agenda.add_appointment, name="add-appointment"),
    path(
        "<int:pk>/appointments/<int:appointment>/",
        agenda.change_appointment,
        name="change-appointment",
    ),
    path(
        "<int:pk>/appointments/<int:appointment>/cancel/",
        agenda.cancel_appointment,
        name="cancel-appointment",
    ),
    path("<int:pk>/tasks/<int:task>/", agenda.change_task, name="change-task"),
    path("<int:pk>/tasks/<int:task>/delete/", agenda.delete_task, name="delete-task"),
    path("<int:pk>/looking/", looking.others, name="looking"),
    path("<int:pk>/looking/<slug:tab>/", looking.here, name="look"),
    path("mentions/seen/", mentions.seen, name="mentions-seen"),
]
