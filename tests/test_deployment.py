"""Procfile, app.json, Dockerfile, compose.yaml, nginx and systemd: each is what its reader takes,
and they agree with each other, with the settings and with the documents."""

import configparser
import json
import re
import secrets
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml
from django.conf import settings

from crm.server import DRAIN_SECONDS, PING_SECONDS
from tests.servers import ROOT, serving

PYTHON = (ROOT / ".python-version").read_text().strip()
PROCFILE = dict(
    line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines() if line
)
APP = json.loads((ROOT / "app.json").read_text())
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if "build" in service]
UNITS = sorted((ROOT / "docs" / "systemd").glob("*.service"))
POSTGRES_CONNECTIONS = 100  # what PostgreSQL allows unless told otherwise


def text(*parts):
    return ROOT.joinpath(*parts).read_text()


def documented(kind):
    """The names in the first column of a table of docs/operations.md."""
    part = text("docs", "operations.md").split(f"## {kind}")[1].split("\n## ")[0]
    firsts = re.findall(r"^\| (`[^|]+)\|", part, re.MULTILINE)
    return {name for first in firsts for name in re.findall(r"`(\w+)`", first)}


def manage_commands(line):
    """Those that a shell's line runs, with what Django has by itself."""
    return re.findall(r"manage\.py (\w+)", line)


# Heroku and its like

# https://devcenter.heroku.com/articles/app-json-schema, as far as it is used here.
VARIABLE = {
    "type": "object",
    "properties": {
        "description": {"type": "string", "minLength": 10},
        "value": {"type": "string"},
        "required": {"type": "boolean"},
        "generator": {"enum": ["secret"]},
    },
    "required": ["description"],
    "additionalProperties": False,
    "not": {"required": ["value", "generator"]},
}
PROCESS = {
    "type": "object",
    "properties": {"quantity": {"type": "integer", "minimum": 0}, "size": {"type": "string"}},
    "required": ["quantity"],
    "additionalProperties": False,
}
ADD_ON = {
    "type": "object",
    "properties": {
        "plan": {"type": "string", "pattern": r"^[a-z-]+(:[a-z0-9-]+)?$"},
        "as": {"type": "string", "pattern": "^[A-Z]+$"},
        "options": {"type": "object"},
    },
    "required": ["plan"],
    "additionalProperties": False,
}
SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 3, "maxLength": 30},
        "description": {"type": "string", "maxLength": 140},
        "keywords": {"type": "array", "items": {"type": "string"}},
        "success_url": {"type": "string"},
        "stack": {"enum": ["heroku-22", "heroku-24", "container"]},
        "buildpacks": {"type": "array", "items": {"type": "object", "required": ["url"]}},
        "addons": {"type": "array", "items": ADD_ON},
        "formation": {"type": "object", "additionalProperties": PROCESS},
        "env": {
            "type": "object",
            "propertyNames": {"pattern": "^[A-Z][A-Z0-9_]*$"},
            "additionalProperties": VARIABLE,
        },
        "scripts": {
            "type": "object",
            "properties": {"postdeploy": {"type": "string"}},
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}


def test_app_json_is_what_heroku_takes():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(APP, SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(APP | {"adons": []}, SCHEMA)


def test_the_add_ons_bring_the_two_addresses_that_the_settings_read():
    attached = {add_on["plan"].split(":")[0]: f"{add_on['as']}_URL" for add_on in APP["addons"]}
    assert attached == {"heroku-postgresql": "DATABASE_URL", "heroku-redis": "REDIS_URL"}


def test_what_is_deployed_has_the_processes_of_the_procfile():
    assert set(PROCFILE) == {"release", "web", "worker"}
    assert set(APP["formation"]) == {"web", "worker"}
    assert manage_commands(PROCFILE["web"]) == ["serve"]
    assert manage_commands(PROCFILE["worker"]) == ["worker"]
    assert manage_commands(PROCFILE["release"]) == ["check", "migrate"]
    assert manage_commands(APP["scripts"]["postdeploy"]) == ["first_admin"]


def test_every_variable_of_a_deployment_is_documented_and_every_command():
    variables = set(APP["env"]) | {v for name in OURS for v in SERVICES[name]["environment"]}
    assert variables <= documented("Settings")
    lines = [*PROCFILE.values(), *APP["scripts"].values(), text("compose.yaml"), text("Dockerfile")]
    lines += [unit.read_text() for unit in UNITS]
    commands = {command for line in lines for command in manage_commands(line)}
    assert commands - {"check"} <= documented("Commands")


def test_an_app_as_heroku_makes_it_starts_and_passes_the_release(tmp_path):
    made = {
        name: variable.get("value") or secrets.token_hex(32)
        for name, variable in APP["env"].items()
    }
    made["DATABASE_URL"] = "postgres://user:password@host.compute.amazonaws.com:5432/d1a2"
    made["REDIS_URL"] = "rediss://:password@host.compute.amazonaws.com:6380"
    check = PROCFILE["release"].split(" && ")[0]
    ended = run(check, made, ROOT)
    assert ended.returncode == 0, ended.stderr
    refused = run(check, made | {"SECRET_KEY": "short"}, ROOT)
    assert refused.returncode != 0


def run(line, environment, folder):
    """In a shell, with these variables and no others, our Python for theirs."""
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    line = line.replace("python ", f"{shlex.quote(sys.executable)} ")
    return subprocess.run(
        ["sh", "-c", line],
        cwd=folder,
        env={"PATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )


# The image


def dockerfile(instruction):
    """What stands behind each such instruction, its lines joined."""
    lines = text("Dockerfile").replace("\\\n", " ").splitlines()
    steps = (line.strip().split(" ", 1) for line in lines)
    return [step[1].strip() for step in steps if step[0] == instruction]


def test_heroku_and_the_image_have_the_same_python():
    assert dockerfile("FROM") == [f"python:{PYTHON}-slim"]


def test_the_image_runs_as_nobody_in_particular_and_serves_by_default():
    assert dockerfile("USER") == ["leadbell"]
    assert json.loads(dockerfile("CMD")[-1]) == PROCFILE["web"].split()
    assert dockerfile("EXPOSE") == [str(settings.PORT)] == ["8000"]


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """The folder that the image has, by what .dockerignore lets in."""
    folder = tmp_path_factory.mktemp("app")
    wanted = [line[1:] for line in text(".dockerignore").splitlines() if line.startswith("!")]
    for name in wanted:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    return folder


def test_what_gets_into_the_image_is_enough_to_build_and_start_it(image, tmp_path):
    """But for hashes and compression, which take a minute and which test_static.py sees to."""
    (build,) = [step for step in dockerfile("RUN") if "manage.py" in step]
    ended = run(build.replace("collectstatic", "collectstatic --no-post-process"), {}, image)
    assert ended.returncode == 0, ended.stderr
    assert (image / "staticfiles" / "js" / "client.js").exists()
    assert list((image / "crm").glob("__pycache__/*.pyc"))
    production = {
        "SECRET_KEY": secrets.token_hex(32),
        "ALLOWED_HOSTS": "crm.example",
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
    }
    assert run("python manage.py check", production, image).returncode == 0


def test_nothing_of_an_installation_gets_into_the_image(image):
    assert ".env" not in text(".dockerignore")
    kept = {".env", "certificates", "db.sqlite3", ".git", "tests", ".venv", ".venv-forward"}
    assert not kept & {path.name for path in image.iterdir()}


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_the_image_knows_whether_it_is_healthy(tmp_path):
    (check,) = re.findall(r"CMD (\[\"python\", \"-c\".*\])", text("Dockerfile"))
    probe = [sys.executable, *json.loads(check)[1:]]
    with serving(tmp_path, ALLOWED_HOSTS="127.0.0.1", HTTPS="true") as server:
        environment = {"PORT": str(server.port)}
        assert subprocess.run(probe, env=environment, timeout=20).returncode == 0
    assert (
        subprocess.run(probe, env=environment, timeout=20, stderr=subprocess.DEVNULL).returncode
        != 0
    )


# compose.yaml


def is_checked(service):
    """Whether somebody asks for its health; the image brings a way of its own."""
    check = service.get("healthcheck", {} if "build" in service else None)
    return check is not None and not check.get("disable")


def test_every_service_waits_for_what_it_needs():
    needs = {name: service.get("depends_on", {}) for name, service in SERVICES.items()}
    for name, conditions in needs.items():
        for other, how in conditions.items():
            assert other in SERVICES, name
            if how["condition"] == "service_healthy":
                assert is_checked(SERVICES[other]), other
    once = {"condition": "service_completed_successfully"}
    assert needs["web"]["migrate"] == needs["worker"]["migrate"] == once
    assert SERVICES["migrate"]["restart"] == "no"


def test_compose_does_before_it_serves_what_heroku_does():
    (line,) = SERVICES["migrate"]["command"][2:]
    assert line == f"{PROCFILE['release']} && {APP['scripts']['postdeploy']}"
    for name in ("web", "worker"):
        assert SERVICES[name]["command"] == PROCFILE[name].split()


def test_every_setting_reaches_our_processes_and_the_first_password_only_whom_it_is_for():
    for name in OURS:
        assert SERVICES[name]["env_file"] == [{"path": ".env", "required": False}]
    given = {name: SERVICES[name]["environment"].get("ADMIN_PASSWORD") for name in OURS}
    assert given == {"migrate": "${ADMIN_PASSWORD:-}", "web": "", "worker": ""}
    page = " ".join(text("docs", "deployment.md").split())
    (fixed,) = re.findall(r"`compose\.yaml` itself sets ([^.]+)\.", page)
    ours = {
        name for name, value in SERVICES["web"]["environment"].items()
        if value and not value.startswith(f"${{{name}:")
    }  # fmt: skip
    assert set(re.findall(r"`([A-Z_]+)`", fixed)) == ours == {
        "HTTPS", "DATABASE_URL", "REDIS_URL", "PORT"
    }  # fmt: skip


def test_no_log_of_a_container_grows_for_ever():
    (kept,) = re.findall(r"the last (\d+) MB are kept", text("docs", "deployment.md"))
    for name, service in SERVICES.items():
        assert service["logging"]["driver"] == "json-file", name
        bounds = service["logging"]["options"]
        size = re.fullmatch(r"(\d+)m", bounds["max-size"])
        assert int(size[1]) * int(bounds["max-file"]) == int(kept), name


def test_an_upgrade_asks_for_newer_images_of_everything():
    (typed,) = re.findall(r"^docker compose build .*", text("docs", "upgrading.md"), re.MULTILINE)
    build, pull, up = (command.split()[2:] for command in typed.split(" && "))
    assert build == ["build", "--pull"]
    assert pull[0] == "pull"
    assert set(pull[1:]) == set(SERVICES) - set(OURS)
    assert up == ["up", "--detach"]


def test_ports_and_names_agree_from_nginx_to_the_database():
    web = SERVICES["web"]
    assert web["deploy"]["replicas"] == 2
    assert "ports" not in web
    assert web["expose"] == [web["environment"]["PORT"]]
    way = r"set \$leadbell (\w+);\s+proxy_pass http://\$leadbell:(\d+);"
    assert re.findall(way, conf("compose")) == [("web", web["environment"]["PORT"])]
    listening = set(re.findall(r"listen (\d+)", conf("compose")))
    assert {port.split(":")[1] for port in SERVICES["nginx"]["ports"]} == listening
    database = re.fullmatch(
        r"postgres://(\w+):\$\{POSTGRES_PASSWORD:.*\}@(\w+):5432/(\w+)",
        web["environment"]["DATABASE_URL"],
    )
    own = SERVICES["database"]["environment"]
    assert database.groups() == (own["POSTGRES_USER"], "database", own["POSTGRES_DB"])
    assert web["environment"]["REDIS_URL"] == "redis://redis:6379/0"


def test_what_compose_asks_for_is_told_where_it_is_explained():
    asked = set(re.findall(r"\$\{(\w+)", text("compose.yaml")))
    told = set(re.findall(r"^([A-Z_]+)=", text("docs", "deployment.md"), re.MULTILINE))
    assert asked <= told
    mounted = [volume.split(":")[0] for volume in SERVICES["nginx"]["volumes"]]
    assert [path for path in mounted if not (ROOT / path).exists()] == ["./certificates"]
    assert "certificates/" in text("docs", "deployment.md")
    assert {"/certificates/", ".env"} <= set(text(".gitignore").split())


def test_all_processes_find_a_connection_to_the_database():
    processes = SERVICES["web"]["deploy"]["replicas"] + 1  # and the worker
    from_settings = re.search(r'"DATABASE_POOL_SIZE", (\d+)', text("crm", "env.py"))
    assert processes * int(from_settings[1]) < POSTGRES_CONNECTIONS


# nginx and systemd


def conf(name):
    return text("docs", "nginx", f"{name}.conf")


def test_nginx_waits_longer_than_a_healthy_socket_is_silent():
    seconds = re.findall(r"proxy_(?:read|send)_timeout (\d+)s", conf("proxy"))
    assert len(seconds) == 2
    assert min(map(int, seconds)) > PING_SECONDS > settings.HEARTBEAT_SECONDS


def test_both_ways_of_nginx_hand_on_the_same_and_keep_secret_addresses_out_of_the_log():
    for name in ("site", "compose"):
        assert re.search(r"include /\S+/proxy\.conf;", conf(name))
        logs = re.findall(r"access_log .*", conf(name))
        assert logs
        assert all(log.endswith(" leadbell if=$leadbell_logs;") for log in logs)
        (line,) = re.findall(r"log_format leadbell (.*?);", conf(name), re.DOTALL)
        assert "$uri" in line
        for telling in ("$request ", "$request_uri", '$request"', "$args", "$query", "$http_ref"):
            assert telling not in line


def unit(path):
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str
    parser.read_string(path.read_text())
    return parser["Service"]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_runs_a_process_of_the_procfile_with_few_rights(path):
    service = unit(path)
    name = path.stem.split("-")[1].rstrip("@")
    start = service["ExecStart"]
    assert start.startswith(f"{service['WorkingDirectory']}/venv/bin/{PROCFILE[name]}")
    assert int(service["TimeoutStopSec"]) > DRAIN_SECONDS
    assert service["User"] == "leadbell"
    assert service["NoNewPrivileges"] == "yes"
    assert service["ProtectSystem"] == "strict"


def test_the_ports_of_nginx_are_those_of_the_units_that_the_document_enables():
    ports = set(re.findall(r"server 127\.0\.0\.1:(\d+);", conf("site")))
    enabled = set(re.findall(r"leadbell-web@(\d+)", text("docs", "deployment.md")))
    assert ports == enabled == {"8001", "8002"}


@pytest.mark.parametrize("name", ["web", "migrate", "worker"])
def test_every_grace_is_longer_than_what_a_process_takes_to_end(name):
    grace = SERVICES[name].get("stop_grace_period")
    assert name == "migrate" or int(grace.rstrip("s")) > DRAIN_SECONDS
