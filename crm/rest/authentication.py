from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import TokenError

from crm import signin
from crm.keys import scopes
from crm.keys.model import BEGIN, ApiKey

BAD_KEY = "There is no such key, or it was revoked."


class BearerAuthentication(JWTAuthentication):
    """An access token, for as long as its sign-in has not ended: with the query that fetches the
    user anyway. Or a key of a machine, within its scopes."""

    def authenticate(self, request):
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token.strip().startswith(BEGIN):
            found = self._by_key(request, token.strip())
        else:
            found = super().authenticate(request)
        if found is not None:
            request._request.bearer_user = found[0]  # for who notes what it does
        return found

    def _by_key(self, request, secret):
        try:
            key = ApiKey.objects.of_secret(secret)
        except ApiKey.DoesNotExist as problem:
            raise AuthenticationFailed(BAD_KEY) from problem
        if not key.may(request.method, request.path_info):
            scope = scopes.needed(request.method, request.path_info)
            needs = f"it needs {scope}" if scope else "no key reaches this address"
            raise PermissionDenied(f"This key may not do that: {needs}.")
        key.note_use()
        request._request.bearer_key = key
        return key.user, key

    def get_validated_token(self, raw_token):
        try:
            return signin.verified(raw_token)
        except TokenError:
            return super().get_validated_token(raw_token)  # which says what is wrong with it

    def get_user(self, validated_token):
        return signin.user_of(validated_token)
