"""docker-compose.yml and the runbook, read."""

import json
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

import celeryconfig
from settings import Settings, settings

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "tests/deploy/compose-spec.json").read_text())
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
RUNBOOK = (ROOT / "deploy/README.md").read_text()


def complaints(compose: dict[str, Any]) -> list[str]:
    """Return where a compose file violates the specification."""
    errors = Draft202012Validator(SCHEMA).iter_errors(compose)
    return [f"{error.json_path}: {error.message[:200]}" for error in errors]


def longest_task(name: str) -> float:
    """Return the time limit of tasks in this service, in seconds; only workers push lists."""
    if name != "worker":
        return celeryconfig.task_time_limit
    (longest,) = (
        each.le for each in Settings.model_fields["sync_timeout"].metadata if hasattr(each, "le")
    )
    task_limit = celeryconfig.task_annotations["sync.push"]["time_limit"]
    return float(longest.total_seconds() + task_limit - settings.sync_timeout.total_seconds())
