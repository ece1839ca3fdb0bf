"""What is shown instead of a lead that is not there: it was deleted, or merged into another."""

from django.shortcuts import redirect, render
from django.urls import reverse

from leads.models import Merge


def gone(request, pk):
    """Says so, and where it went; what a form sent is for nobody else."""
    heir = Merge.objects.heir_of(pk)
    return render(request, "leads/gone.html", {"heir": heir}, status=404)


def moved_or_gone(request, pk):
    """Who looks at a lead that was merged is led to the one that was kept, to the same entry."""
    heir = Merge.objects.heir_of(pk) if request.method in ("GET", "HEAD") else None
    if heir is None:
        return gone(request, pk)
    asked = request.GET.urlencode()
    return redirect(reverse("leads:detail", args=[heir]) + (f"?{asked}" if asked else ""))
