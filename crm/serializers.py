"""People and tokens as clients read and write them."""

from rest_framework import serializers

from notifications.fields import StrictCharField


class UserSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    firstName = serializers.CharField(source="first_name")
    lastName = serializers.CharField(source="last_name")
    role = serializers.CharField()


class MeSerializer(UserSerializer):
    email = serializers.EmailField()
    seq = serializers.IntegerField(source="inbox.seq")
    unreadCount = serializers.IntegerField(source="inbox.unread_count")


class Credentials(serializers.Serializer):
    email = StrictCharField(max_length=254)
    password = StrictCharField(max_length=1000, write_only=True)
    otp = StrictCharField(
        max_length=20,
        required=False,
        allow_blank=True,
        write_only=True,
        help_text="The code of who signs in in two steps: of the app, or a recovery code.",
    )


class Refresh(serializers.Serializer):
    refresh = StrictCharField(max_length=4000)


class Tokens(serializers.Serializer):
    access = serializers.CharField()
    refresh = serializers.CharField()
