from django.urls import path

from leads.views import deliveries, mapping, source_rules, sources

app_name = "sources"
urlpatterns = [
    path("", sources.index, name="list"),
    path("new/", sources.choose, name="choose"),
    path("new/<slug:kind>/", sources.new, name="new"),
    path("<int:pk>/", sources.detail, name="detail"),
    path("<int:pk>/renew/", sources.renew, name="renew"),
    path("<int:pk>/secret/", sources.secret, name="secret"),
    path("<int:pk>/test/", sources.test, name="test"),
    path("<int:pk>/delete/", sources.delete, name="delete"),
    path("<int:pk>/rules/new/", source_rules.new, name="new-rule"),
    path("<int:pk>/rules/<int:rule>/", source_rules.edit, name="rule"),
    path("<int:pk>/rules/<int:rule>/move/", source_rules.move, name="move-rule"),
    path("<int:pk>/rules/<int:rule>/delete/", source_rules.delete, name="delete-rule"),
    path("<int:pk>/mapping/", mapping.edit, name="mapping"),
    path("<int:pk>/deliveries/", deliveries.log, name="deliveries"),
    path("<int:pk>/deliveries/replay/", deliveries.replay_failed, name="replay-failed"),
    path("<int:pk>/deliveries/<int:delivery>/", deliveries.detail, name="delivery"),
    path("<int:pk>/deliveries/<int:delivery>/replay/", deliveries.replay, name="replay"),
    path("<int:pk>/deliveries/<int:delivery>/accept/", deliveries.accept, name="accept"),
    path("<int:pk>/deliveries/<int:delivery>/turn-away/", deliveries.turn_away, name="turn-away"),
]
