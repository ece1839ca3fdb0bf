from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import TokenError

from crm import signin


class BearerAuthentication(JWTAuthentication):
    """An access token, for as long as its sign-in has not ended: with the query that fetches the
    user anyway."""

    def get_validated_token(self, raw_token):
        try:
            return signin.verified(raw_token)
        except TokenError:
            return super().get_validated_token(raw_token)  # which says what is wrong with it

    def get_user(self, validated_token):
        return signin.user_of(validated_token)

    def authenticate(self, request):
        found = super().authenticate(request)
        if found is not None:
            request._request.bearer_user = found[0]  # for who notes what it does
        return found


class BearerScheme(SimpleJWTScheme):
    """How the OpenAPI document calls it."""

    target_class = BearerAuthentication
