"""docker-compose.yml and the runbook agree with each other and with the code."""

import copy
import re
from urllib.parse import urlsplit

import pytest
from flower.options import default_options  # type: ignore[import-untyped]

from settings import Settings
from settings.secrets import SECRETS
from tests.deploy.compose import COMPOSE, ROOT, RUNBOOK, SERVICES, TEXT, complaints, longest_task

OURS = [name for name, service in SERVICES.items() if "build" in service]
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text()

# What Compose substitutes: ${NAME}, ${NAME:-default} or ${NAME:?why it refuses}.
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?P<otherwise>[^}]*)\}")


def seconds(duration: str) -> int:
    """Parse the only form of duration in the compose file."""
    assert duration.endswith("s")
    return int(duration.removesuffix("s"))


def test_the_compose_file_follows_the_compose_specification() -> None:
    assert complaints(COMPOSE) == []


@pytest.mark.parametrize(
    ("where", "name", "value"),
    [
        ("services.worker", "restrat", "always"),
        ("services.worker.healthcheck", "every", "60s"),
        ("services.worker.depends_on.migrate", "condition", "service_done"),
        ("services.flower", "ports", "5555:5555"),
        ("", "service", {}),
    ],
)
def test_a_broken_compose_file_is_refused(where: str, name: str, value: object) -> None:
    broken = copy.deepcopy(COMPOSE)
    place = broken
    for step in where.split(".") if where else []:
        place = place[step]
    place[name] = value

    assert complaints(broken)


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_watched_or_runs_once(name: str) -> None:
    awaited = {
        service.get("depends_on", {}).get(name, {}).get("condition")
        for service in SERVICES.values()
    }
    runs_once = SERVICES[name]["restart"] == "no" and "service_completed_successfully" in awaited

    assert ("test" in SERVICES[name].get("healthcheck", {})) != runs_once


@pytest.mark.parametrize("name", OURS)
def test_our_services_can_write_only_to_their_scratch_folder(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp"]  # noqa: S108  (it is the container's own)
    notes = ["notes:/var/lib/listgate"] if name in ("worker", "sendout") else []
    assert service.get("volumes", []) == notes


@pytest.mark.parametrize("name", OURS)
def test_our_services_run_as_the_images_user_and_never_as_root(name: str) -> None:
    uid, gid = SERVICES[name]["user"].split(":")

    assert 0 not in {int(uid), int(gid)}
    assert f"groupadd --gid {gid} " in DOCKERFILE
    assert f"useradd --uid {uid} " in DOCKERFILE
    assert f"USER {uid}:{gid}" in DOCKERFILE


@pytest.mark.parametrize("name", OURS)
def test_our_services_have_and_gain_no_privilege(name: str) -> None:
    assert SERVICES[name]["cap_drop"] == ["ALL"]
    assert SERVICES[name]["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "network_mode", "pid"} & SERVICES[name].keys()


def test_every_published_port_is_this_machines_own() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]

    assert published
    assert [port for port in published if not port.startswith("127.0.0.1:")] == []


@pytest.mark.parametrize("name", OURS)
def test_a_stopping_worker_may_finish_its_longest_task(name: str) -> None:
    assert seconds(SERVICES[name]["stop_grace_period"]) > longest_task(name)
    assert SERVICES[name]["init"] is True


def test_there_is_one_beat() -> None:
    beats = [service for service in SERVICES.values() if "beat" in service.get("command", [])]

    assert len(beats) == 1
    assert not {"scale", "deploy"} & beats[0].keys()


def test_every_server_is_pinned_to_a_version() -> None:
    images = [service["image"] for service in SERVICES.values() if "image" in service]
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)

    assert len(set(bases)) == 1
    assert [image for image in images + bases if not re.search(r":v?\d", image)] == []


def test_every_variable_that_compose_reads_is_in_the_runbook() -> None:
    names = {found["name"] for found in VARIABLE.finditer(TEXT)}

    assert {name for name in names if f"`{name}`" not in RUNBOOK} == set()


def test_compose_refuses_to_start_without_its_passwords() -> None:
    secret = [found for found in VARIABLE.finditer(TEXT) if re.search("PASS|AUTH", found["name"])]

    assert {found["name"] for found in secret} == {"FLOWER_BASIC_AUTH"}
    assert all(found["otherwise"].startswith(":?") for found in secret)
    # Compose refuses a service whose secret's file does not exist.
    assert all(each.keys() == {"file"} for each in COMPOSE["secrets"].values())


@pytest.mark.parametrize("name", OURS)
def test_our_services_get_their_secrets_as_files(name: str) -> None:
    environment = SERVICES[name]["environment"]

    assert {"database_url", "secret_key"} == set(SERVICES[name]["secrets"])
    for secret in SERVICES[name]["secrets"]:
        assert environment[f"{secret.upper()}_FILE"] == f"/run/secrets/{secret}"
        assert secret.upper() not in environment


def test_the_database_gets_its_password_as_a_file() -> None:
    environment = SERVICES["postgres"]["environment"]

    assert SERVICES["postgres"]["secrets"] == ["postgres_password"]
    assert environment["POSTGRES_PASSWORD_FILE"] == "/run/secrets/postgres_password"


@pytest.mark.parametrize("name", SERVICES)
def test_the_log_of_every_service_is_limited(name: str) -> None:
    options = SERVICES[name]["logging"]["options"]

    assert options.keys() == {"max-size", "max-file"}


@pytest.mark.parametrize("name", OURS)
def test_our_services_get_only_variables_that_they_read(name: str) -> None:
    # Flower ignores a misspelt variable: the pages would be open to everyone.
    heard = {field.upper() for field in Settings.model_fields} | {
        f"FLOWER_{option.upper()}" for option in default_options
    }
    heard |= {f"{secret.upper()}_FILE" for secret in SECRETS}

    assert SERVICES[name]["environment"].keys() - heard == set()


@pytest.mark.parametrize("name", OURS)
def test_every_setting_can_be_given_in_the_env_file(name: str) -> None:
    fields = {field.upper() for field in Settings.model_fields} - {"DATABASE_URL", "SECRET_KEY"}

    assert fields - SERVICES[name]["environment"].keys() == set()


@pytest.mark.parametrize("name", ["REDIS_URL", "SMTP_URL"])
def test_every_address_leads_to_a_service_of_the_same_file(name: str) -> None:
    value = SERVICES["worker"]["environment"][name]
    # A default is used as it is; a password may be any word.
    address = re.sub(r"\$\{\w+:\?[^}]*\}", "word", value)
    address = VARIABLE.sub(lambda found: found["otherwise"].removeprefix(":-"), address)

    assert urlsplit(address).hostname in SERVICES


def test_flower_is_read_only_and_knows_every_option() -> None:
    # Flower ignores a misspelt option: it would no longer be read-only.
    command = SERVICES["flower"]["command"]
    options = command[command.index("flower") + 1 :]
    names = [option.removeprefix("--").partition("=")[0] for option in options]

    assert "--read-only" in options
    assert [name for name in names if name.replace("-", "_") not in default_options] == []
