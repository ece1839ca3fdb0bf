"""The examples of docs/api.md, run as they stand there against a real server."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from crm.models import User
from crm.webhooks import sending
from crm.webhooks.endpoint import new_secret
from leads.models import Lead
from tests.factories import PASSWORD
from tests.servers import serving

NODE = Path(sys.executable).with_name("node")
PAGE = Path(__file__).parent.parent / "docs" / "api.md"


def examples(language) -> str:
    """All of a language, one after the other: the later go by what the earlier made."""
    return "\n".join(re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL))


def run(command, path, text, **environment):
    path.write_text(text)
    done = subprocess.run(
        [*command, path], env=os.environ | environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def site(owner, tmp_path):
    """The variables that the examples go by."""
    stored = PBKDF2PasswordHasher().encode(PASSWORD, "a salt of the tests")
    User.objects.filter(pk=owner.pk).update(password=stored)
    with serving(tmp_path) as server:
        yield {"LEADBELL": server.base, "EMAIL": owner.email, "PASSWORD": PASSWORD}


def companies():
    return sorted(Lead.objects.values_list("company", flat=True))


@pytest.mark.django_db(transaction=True)
def test_the_examples_of_curl_run(site, tmp_path):
    script = "set -eu -o pipefail\n" + examples("sh")
    said = run(["bash"], tmp_path / "example.sh", script, **site)
    assert site["EMAIL"] in said
    assert companies() == ["By curl"]


@pytest.mark.django_db(transaction=True)
def test_the_examples_of_python_run(site, tmp_path):
    script = examples("python") + "\nprint(json.dumps([me, names, seq, hello, notification]))"
    said = run([sys.executable], tmp_path / "example.py", script, **site)
    me, names, seq, hello, notification = json.loads(said)
    assert me["email"] == site["EMAIL"]
    assert names == ["By Python"]
    assert (hello["type"], hello["seq"], seq) == ("hello", 1, 1)
    assert notification["type"] == "lead_created"
    assert companies() == ["By Python", "By a socket of Python"]


@pytest.mark.django_db(transaction=True)
def test_the_examples_of_javascript_run(site, tmp_path):
    script = examples("js") + "\nconsole.log(JSON.stringify([me, made, leads, notification]));"
    said = run([NODE], tmp_path / "example.mjs", script, **site)
    me, made, leads, notification = json.loads(said)
    assert me["email"] == site["EMAIL"]
    assert leads[0]["id"] == made["id"]
    assert notification["type"] == "lead_created"
    assert companies() == ["By JavaScript", "By a socket of JavaScript"]


@pytest.mark.parametrize("language", ["python", "js"])
def test_the_examples_tell_a_webhook_from_a_forgery(language, tmp_path):
    secret, body = new_secret(), json.dumps({"type": "lead.created", "data": {"city": "Zürich"}})
    good = sending.headers_of([secret], "msg_1", body)
    old = good | {"webhook-timestamp": "1614265330"}
    old["webhook-signature"] = sending.signature(secret, "msg_1", 1614265330, body)
    two = good | {"webhook-signature": f"v1,AAAA {good['webhook-signature']}"}
    cases = [good, two, old, good | {"webhook-id": "msg_2"}, good | {"webhook-signature": "v1,AA"}]
    pages = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    (function,) = [page for page in pages if "verified(" in page]
    told = json.dumps([secret, cases, body])
    if language == "python":
        end = f"import json\nsecret, cases, body = json.loads({told!r})\n"
        end += "print(json.dumps([verified(secret, each, body.encode()) for each in cases]))"
        said = run([sys.executable], tmp_path / "verify.py", f"{function}\n{end}")
    else:
        end = f"const [secret, cases, body] = {told};\n"
        end += "console.log(JSON.stringify(cases.map((each) => verified(secret, each, body))));"
        said = run([NODE], tmp_path / "verify.mjs", f"{function}\n{end}")
    assert json.loads(said) == [True, True, False, False, False]
