"""Every command of the documents is run: here, by the test that is named here, or, where this
machine cannot (a package manager, systemd, a host), with a program that writes down its call.
"""

import os
import re
import shlex
import subprocess
import sys
from contextlib import contextmanager

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from crm.models import User
from leads.models import Lead
from notifications.models import WorkerProcess
from tests.factories import PASSWORD
from tests.servers import ROOT, environment, serving
from tests.test_deployment import APP, PROCFILE, SERVICES
from tests.test_docs import DOCUMENTS, text
from tests.waiting import until

# Where each block is run, by what it begins with.
RUN = {
    "make run": "test_the_two_commands_of_the_readme_do_what_they_say",
    "python manage.py doctor": "test_doctor.py",
    "SITE=": "test_the_first_lead_rings_as_it_is_written",
    "heroku create": "test_what_is_typed_for_heroku_is_what_app_json_says",
    "mkdir --parents certificates": "test_the_certificate_to_try_it_with_is_one",
    "(umask 077": "test_what_is_typed_for_docker_is_what_compose_has",
    "docker compose up": "test_what_is_typed_for_docker_is_what_compose_has",
    "HOOK=": "test_what_certbot_renews_lies_as_files_where_the_container_sees_them",
    "docker compose build --pull": "test_deployment.py",
    "apt-get": "test_debian_is_set_up_upgraded_and_rolled_back_as_it_is_written",
    "leadbell()": "test_debian_is_set_up_upgraded_and_rolled_back_as_it_is_written",
    "cp docs/systemd": "test_debian_is_set_up_upgraded_and_rolled_back_as_it_is_written",
    "certbot": "test_debian_is_set_up_upgraded_and_rolled_back_as_it_is_written",
    "cd /opt/leadbell": "test_debian_is_set_up_upgraded_and_rolled_back_as_it_is_written",
    "git checkout OLDER": "test_debian_is_set_up_upgraded_and_rolled_back_as_it_is_written",
    "pg_dump": "test_backup.py",
    "pg_restore": "test_backup.py",
    "docker compose exec -T database pg_dump": "test_backup.py",
    "docker compose exec -T database createdb": "test_backup.py",
    "docker compose stop web worker": "test_backup.py",
    "export DATABASE_URL=": "test_backup.py",
    "python3 -c 'import sqlite3": "test_backup.py",
}
BY_A_TEST_OF_ITS_OWN = {"docs/api.md"}  # test_api_examples.py
ELSEWHERE = (
    *("apt-get", "adduser", "git", "certbot", "systemctl", "runuser", "nginx"),
    *("heroku", "docker"),
)


def blocks(document):
    return re.findall(r"^```sh\n(.*?)^```", text(document), re.DOTALL | re.MULTILINE)


def block(document, begins):
    (found,) = [each for each in blocks(document) if each.startswith(begins)]
    return found


def test_every_block_of_commands_is_run_somewhere_and_is_one_of_a_shell():
    for document in set(DOCUMENTS) - BY_A_TEST_OF_ITS_OWN:
        for each in blocks(document):
            assert [run for begin, run in RUN.items() if each.startswith(begin)], each
            subprocess.run(["bash", "-n"], input=each, text=True, check=True)
    for run in RUN.values():
        assert run in globals() or (ROOT / "tests" / run).exists(), run


def shell(script, folder, path="", **variables):
    ended = subprocess.run(
        ["bash", "-c", f"set -eu -o pipefail\n{script}"],
        cwd=folder,
        env=os.environ | {"PATH": f"{path}:{os.environ['PATH']}"} | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_the_two_commands_of_the_readme_do_what_they_say():
    for line in block("README.md", "make run").splitlines():
        words = shlex.split(line, comments=True)
        tool = {"run": "tools.run", "test": "tools.test"}[words[1]]
        assert tool in shell(f"{words[0]} --dry-run {words[1]}", ROOT).split()


@pytest.mark.django_db(transaction=True)
def test_the_first_lead_rings_as_it_is_written(owner, tmp_path):
    stored = PBKDF2PasswordHasher().encode(PASSWORD, "a salt of the tests")
    User.objects.filter(pk=owner.pk).update(password=stored)
    script = block("docs/deployment.md", "SITE=")
    with serving(tmp_path) as server:
        for shown, ours in (
            ("https://crm.example.com", server.base),
            ("you@example.com", owner.email),
            ('"…"', f'"{PASSWORD}"'),
        ):
            assert shown in script
            script = script.replace(shown, ours)
        shell(script, tmp_path)
    assert Lead.objects.get().company == "ABC Company"


def test_the_certificate_to_try_it_with_is_one(tmp_path):
    shell(block("docs/deployment.md", "mkdir --parents certificates"), tmp_path)
    pem = {name: (tmp_path / "certificates" / f"{name}.pem").read_bytes()
           for name in ("fullchain", "privkey")}  # fmt: skip
    key = load_pem_private_key(pem["privkey"], None)
    assert load_pem_x509_certificate(pem["fullchain"]).public_key() == key.public_key()


def test_what_is_typed_for_docker_is_what_compose_has(tmp_path):
    typed = block("docs/deployment.md", "docker compose")
    (service,) = re.findall(r"exec (\w+) python manage\.py doctor", typed)
    assert service in SERVICES
    writing = block("docs/deployment.md", "(umask 077")
    shell(writing, tmp_path)
    file = tmp_path / ".env"
    assert file.stat().st_mode & 0o777 == 0o600
    written = file.read_text()
    given = dict(line.split("=", 1) for line in written.splitlines())
    assert given.keys() == set(re.findall(r"\$\{([A-Z_]+)", text("compose.yaml")))
    plain = r"[\w.@-]+"  # which no reader takes for anything else, a comment least of all
    assert all(re.fullmatch(plain, value) for value in given.values())
    assert len(given["SECRET_KEY"]) == 64
    assert len({given["POSTGRES_PASSWORD"], given["ADMIN_PASSWORD"]}) == 2
    with pytest.raises(AssertionError, match="overwrite"):
        shell(writing, tmp_path)
    assert file.read_text() == written


def test_what_certbot_renews_lies_as_files_where_the_container_sees_them(stubs, tmp_path):
    """With a certbot that only calls the hook, as it does whenever there is a new certificate."""
    (stubs / "certbot").write_text(
        f'#!/bin/sh\necho "certbot $*" >> {tmp_path}/calls\n'
        'for last; do :; done\nRENEWED_LINEAGE="$LIVE" exec sh -c "$last"\n'
    )
    live, archive, site = (tmp_path / name for name in ("live", "archive", "site"))
    for folder in (live, archive, site / "certificates"):
        folder.mkdir(parents=True)
    for name in ("fullchain", "privkey"):
        (archive / f"{name}1.pem").write_text(f"the new {name}")
        (live / f"{name}.pem").symlink_to(f"../archive/{name}1.pem")
        (site / "certificates" / f"{name}.pem").write_text("the old")
        (site / "certificates" / f"{name}.pem").chmod(0o600)
    shell(block("docs/deployment.md", "HOOK="), site, stubs, LIVE=str(live))
    for name in ("fullchain", "privkey"):
        path = site / "certificates" / f"{name}.pem"
        assert (path.is_symlink(), path.read_text()) == (False, f"the new {name}")
        assert path.stat().st_mode & 0o777 == 0o600
    certbot, docker = (tmp_path / "calls").read_text().splitlines()
    assert docker == f"docker compose --file {site}/compose.yaml exec -T nginx nginx -s reload"
    (webroot,) = re.findall(r"--webroot-path (\S+)", certbot)
    (served,) = re.findall(r"root /etc/nginx/certificates(\S+);", text("docs/nginx/compose.conf"))
    assert webroot == f"{site}/certificates{served}"
    assert "./certificates:/etc/nginx/certificates:ro" in SERVICES["nginx"]["volumes"]


@pytest.fixture
def stubs(tmp_path):
    """A folder of programs that only write down in ``calls`` how they were called."""
    folder = tmp_path / "stubs"
    folder.mkdir()
    for name in ELSEWHERE:
        (folder / name).write_text(f'#!/bin/sh\necho "{name} $*" >> {tmp_path}/calls\n')
        (folder / name).chmod(0o755)
    return folder


def test_what_is_typed_for_heroku_is_what_app_json_says(stubs, tmp_path):
    shell(block("docs/deployment.md", "heroku create"), tmp_path, stubs)
    calls = (tmp_path / "calls").read_text().splitlines()
    added = [call.split()[2] for call in calls if "addons:create" in call]
    assert added == [add_on["plan"] for add_on in APP["addons"]]
    (config,) = [call.split()[2:] for call in calls if "config:set" in call]
    given = dict(each.split("=", 1) for each in config)
    assert given.keys() == APP["env"].keys()
    fixed = {name: each["value"] for name, each in APP["env"].items() if "value" in each}
    assert {name: given[name] for name in fixed} == fixed
    (scaled,) = [call.split()[2:] for call in calls if "ps:scale" in call]
    assert scaled == [f"{name}={each['quantity']}" for name, each in APP["formation"].items()]
    assert f"heroku run {APP['scripts']['postdeploy']}" in calls
    assert set(PROCFILE) - {"release"} == set(APP["formation"])


@pytest.fixture
def debian(stubs, tmp_path):
    """``debian(script)``: runs it with this folder for / and the test's database and Redis."""
    home, etc = tmp_path / "opt" / "leadbell", tmp_path / "etc"
    for folder in (home, etc / "systemd/system", etc / "nginx/sites-available",
                   etc / "nginx/sites-enabled"):  # fmt: skip
        folder.mkdir(parents=True)
    (etc / "nginx/nginx.conf").write_text("user x;\nevents {\n\tworker_connections 768;\n}\n")
    for path in ROOT.iterdir():
        if not path.name.startswith(".") and path.name not in ("venv", "staticfiles"):
            (home / path.name).symlink_to(path)
    (stubs / "python3").write_text(
        f'#!/bin/sh\n[ "$*" = "-m venv venv" ] || exit 1\nmkdir -p venv/bin\n'
        f"printf '#!/bin/sh\\nexec {sys.executable} \"$@\"\\n' > venv/bin/python\n"
        f"ln -sf {stubs}/git venv/bin/pip\nchmod +x venv/bin/python\n"
    )
    (stubs / "python3").chmod(0o755)
    known = environment()
    redis = f"{known['REDIS_URL']}'\nREDIS_PREFIX='{known['REDIS_PREFIX']}"
    database = f"{known['DATABASE_URL']}?application_name=leadbell&connect_timeout=10"

    def run(script, port=8001):
        for written, here in (
            (" --group leadbell", ""),
            ("/opt/leadbell", str(home)),
            ("/etc/", f"{etc}/"),
            ("postgres://leadbell:$PASSWORD@127.0.0.1:5432/leadbell", database),
            ("redis://127.0.0.1:6379/0", redis),
            ("collectstatic", "collectstatic --dry-run"),
            ("127.0.0.1:8001", f"127.0.0.1:{port}"),
            ("NUMBER", last_migration()),
        ):  # fmt: skip
            script = script.replace(written, here)
        bare = dict.fromkeys(("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DEBUG"), "")
        return shell(script, home, stubs, **bare)

    return run


def last_migration():
    return max(path.stem for path in (ROOT / "leads/migrations").glob("[0-9]*.py"))


@contextmanager
def at_work(variables, folder):
    """What systemd would start."""
    with serving(folder, **variables) as server, (folder / "worker.log").open("w") as log:
        command = [sys.executable, "manage.py", "worker"]
        worker = subprocess.Popen(
            command, cwd=ROOT, env=environment(**variables), stdout=log, stderr=log
        )
        try:
            until(WorkerProcess.objects.alive().exists)
            yield server
        finally:
            worker.terminate()
            worker.wait(30)


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
@pytest.mark.redis
@pytest.mark.usefixtures("administrator", "owner")
def test_debian_is_set_up_upgraded_and_rolled_back_as_it_is_written(debian, tmp_path):
    page = "docs/deployment.md"
    setting_up = [block(page, begins) for begins in ("apt-get", "leadbell()", "cp docs/systemd")]
    debian("\n".join(setting_up))
    lines = (tmp_path / "etc/leadbell.env").read_text().splitlines()
    assert [line for line in lines if not re.fullmatch(r"[A-Z_]+='[^']*'", line)] == []
    variables = dict(line.replace("'", "").split("=", 1) for line in lines) | {"DEBUG": "false"}
    assert "&connect_timeout=" in variables["DATABASE_URL"], (
        "which a shell takes without quotes only"
    )
    assert len(variables["SECRET_KEY"]) == 64
    assert (tmp_path / "etc/systemd/system/leadbell-web@.service").exists()

    function = "cd /opt/leadbell\n" + setting_up[1].split("}\n")[0] + "}\n"
    with at_work(variables, tmp_path) as server:
        for script in (
            block(page, "certbot"),
            block("docs/upgrading.md", "cd /opt/leadbell"),
            block("docs/upgrading.md", "git checkout OLDER"),
        ):
            debian(function + script, server.port)
    site = (tmp_path / "etc/nginx/sites-enabled/leadbell").read_text()
    assert "server_name YOUR.NAME;" in site
    nginx = (tmp_path / "etc/nginx/nginx.conf").read_text()
    assert nginx == (
        "user x;\nworker_rlimit_nofile 65536;\nevents {\n\tworker_connections 16384;\n}\n"
    )
    for script in (setting_up[1], block("docs/upgrading.md", "cd /opt/leadbell")):
        assert script.index("collectstatic") < script.index("leadbell migrate"), "it takes long"
    calls = (tmp_path / "calls").read_text()
    assert "systemctl enable --now leadbell-web@8001 leadbell-web@8002 leadbell-worker" in calls
    assert "certbot certonly" in calls
