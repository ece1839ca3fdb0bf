"""Sign-in and people over REST."""

from csp.constants import NONCE, SELF
from csp.decorators import csp_update
from django.http import HttpResponse
from django.utils.decorators import method_decorator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerView
from rest_framework import generics, status
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from crm import signin
from crm.models import User
from crm.rest import asyncapi
from crm.serializers import Credentials, MeSerializer, Refresh, Tokens, UserSerializer
from notifications.models import Inbox
from notifications.serializers import ProblemSerializer


class _Open(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)

    def taken(self, serializer_class):
        serializer = serializer_class(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def get_authenticate_header(self, request):
        return 'Bearer realm="api"'


class Token(_Open):
    @extend_schema(request=Credentials, responses={200: Tokens, 429: ProblemSerializer})
    def post(self, request):
        return Response(signin.tokens_for(request._request, **self.taken(Credentials)))


class TokenRefresh(_Open):
    @extend_schema(request=Refresh, responses={200: Tokens})
    def post(self, request):
        return Response(signin.renewed(self.taken(Refresh)["refresh"]))


class Logout(_Open):
    @extend_schema(request=Refresh, responses={204: None})
    def post(self, request):
        signin.sign_out(self.taken(Refresh)["refresh"])
        return Response(status=status.HTTP_204_NO_CONTENT)


class Me(APIView):
    @extend_schema(responses=MeSerializer)
    def get(self, request):
        user = request.user
        user.inbox = Inbox.objects.of(user)
        return Response(MeSerializer(user).data)


class Users(generics.ListAPIView):
    queryset = User.objects.filter(is_active=True)
    serializer_class = UserSerializer
    filter_backends = ()
    ordering = "-id"


@extend_schema(exclude=True)
class Frames(_Open):
    """What goes over the socket, as AsyncAPI 3."""

    def get(self, request):
        return Response(asyncapi.document())


@method_decorator(csp_update({"script-src": [SELF, NONCE]}), "dispatch")
class Docs(SpectacularSwaggerView):
    """Swagger UI. The few lines that start it stand in its page, and have the answer's nonce."""

    template_name = "crm/docs.html"

    @extend_schema(exclude=True)
    def get(self, request, *args, **kwargs):
        answer = super().get(request, *args, **kwargs)
        del answer["Cross-Origin-Opener-Policy"]  # the library opens it, for sign-ins by OAuth
        return answer

    def options(self, request, *args, **kwargs):
        return HttpResponse(headers={"Allow": "GET, HEAD, OPTIONS"})
