"""Pages speak the language of who reads them: the one they chose in their settings, else the first
of their browser's that there is."""

from django.utils import translation


class InTheirLanguage:
    """Everything under /api/ stays in English: programs compare it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.path.startswith("/api/"):
            return self.get_response(request)
        language = request.user.is_authenticated and request.user.language
        with translation.override(language or translation.get_language_from_request(request)):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language())
        return response
