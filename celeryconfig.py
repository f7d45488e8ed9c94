"""Configuration of Celery, by Celery's own names, each setting with its reason.

Figures marked (measured) come from trials on Redis; see
docs/decisions/0002-rows-instead-of-long-etas.md.
"""

from kombu import Queue

# Under a private name: `celery report` prints every public name of this module.
from settings import settings as _settings

# -- broker --------------------------------------------------------------------------------------

broker_url = _settings.redis_url.get_secret_value()

# As kombu's, but a message that is no task ends no worker.
broker_transport = "workflows.malformed:Transport"
worker_consumer = "workflows.malformed:Consumer"

# A worker that starts before its broker retries.
broker_connection_retry_on_startup = True

# Seconds after which an unacknowledged task is delivered to another worker.  It must exceed the
# longest task and the longest ETA that the outbox publishes with; a test adds them up.
visibility_timeout = 300

broker_transport_options = {
    "visibility_timeout": visibility_timeout,
    # Check for unacknowledged tasks every second; the defaults do so about every 100 s (measured).
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    # Without it, a worker whose connection was black-holed did not recover in 120 s (measured).
    "socket_timeout": 10,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 5,
}

# A page must not wait for an unavailable broker: the row is committed, the sweep will publish it.
task_publish_retry = False

# -- results: only public tasks store one, for their callers -------------------------------------

result_backend = _settings.redis_url.get_secret_value()
result_backend_transport_options = {"visibility_timeout": visibility_timeout}
result_expires = 24 * 60 * 60
task_ignore_result = True

# -- serialization -------------------------------------------------------------------------------

# With pickle, anyone who can reach the broker could run code.
task_serializer = result_serializer = "json"
accept_content = ["json"]
enable_utc = True
timezone = "UTC"

# -- queues: one per concern, so that a long sendout does not delay a decision -------------------

QUEUES = ("moderation", "letters", "sendout", "sync", "events", "sweep")
task_queues = [Queue(name) for name in QUEUES]
task_default_queue = "moderation"
# Publishing to a mistyped queue fails, instead of leaving the task there for ever.
task_create_missing_queues = False
task_routes = {
    "listgate.*": {"queue": "moderation"},
    "moderation.*": {"queue": "moderation"},
    "letters.*": {"queue": "letters"},
    "sendout.*": {"queue": "sendout"},
    "sync.*": {"queue": "sync"},
    "events.*": {"queue": "events"},
    "sweep.*": {"queue": "sweep"},
}

# -- workers -------------------------------------------------------------------------------------

# A task is acknowledged after it ran, not when it is received: a killed worker's task runs again.
task_acks_late = True
task_reject_on_worker_lost = True

# Only the prefork pool enforces these, so every library call has a timeout of its own too.
task_soft_time_limit = 45
task_time_limit = 60

# A push reads a list, waits for the operator's command, and stores a snapshot.  A shorter limit
# would leave the command running; the visibility timeout still exceeds this one.
_push = _settings.sync_timeout.total_seconds()
# A register of a million people is one transaction; a retry of it may wait two minutes more.
task_annotations = {
    "sync.push": {"soft_time_limit": _push + 90, "time_limit": _push + 105},
    "listgate.sync_people": {"soft_time_limit": 105.0, "time_limit": 115.0},
}

# A worker fetches one task at a time: a prefetched one waits behind the one that is running.
worker_prefetch_multiplier = 1

# Memory that a library leaks is freed after this many tasks.
worker_max_tasks_per_child = 1000

# A task goes on when the broker's connection is lost.  It runs again elsewhere, which claims make
# harmless; to kill a lane in the middle of a batch would leave the outcome of its copies unknown.
worker_cancel_long_running_tasks_on_connection_loss = False

# Logging is set up by workflows/celery.py.
worker_hijack_root_logger = False

# -- Flower --------------------------------------------------------------------------------------

worker_send_task_events = True
task_send_sent_event = True

# -- beat ----------------------------------------------------------------------------------------

SWEEP_INTERVAL = 15

# In memory: the schedule is below and each entry may run at any time, so no file needs to store
# the last runs.
beat_scheduler = "celery.beat:Scheduler"
# Beat answers `inspect ping`, for health checks.
beat_enable_remote_control = True
# A beat that hangs stops answering `inspect ping` after four missed sweeps; the default is ten
# minutes.
beat_remote_control_max_tick_age = 4 * SWEEP_INTERVAL
# A second beat, or a backlog of sweeps after an outage, is harmless: sweeps are idempotent, and one
# that another waits behind does nothing.  They do not expire: that would compare two clocks, and a
# worker ahead of beat would silently discard them all.
beat_schedule = {
    "sweep": {
        "task": "sweep.sweep",
        "schedule": SWEEP_INTERVAL,
    },
}
