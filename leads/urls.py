from django.urls import path

from leads.views import board, bulk, export, lead, stage
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
]
