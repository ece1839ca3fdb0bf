from rest_framework_simplejwt.authentication import JWTAuthentication

from crm import signin


class BearerAuthentication(JWTAuthentication):
    """An access token, for as long as its sign-in has not ended: with the query that fetches the
    user anyway."""

    def get_user(self, validated_token):
        return signin.user_of(validated_token)
