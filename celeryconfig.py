"""How Celery works for us: its own setting names, each with its reason.

Figures marked (measured) come from trials on Redis, see
docs/decisions/0002-rows-instead-of-long-etas.md.
"""

from kombu import Queue

# Under a private name: `celery report` publishes every public name of this module.
from settings import settings as _settings

# -- broker --------------------------------------------------------------------------------------

broker_url = _settings.redis_url.get_secret_value()

# A worker that starts before its broker waits for it.
broker_connection_retry_on_startup = True

# After so many seconds an unacknowledged task is given to another worker.  It must exceed the
# longest honest task and the longest ETA we ring with; a test adds them up.
visibility_timeout = 300

broker_transport_options = {
    "visibility_timeout": visibility_timeout,
    # Look for unacknowledged tasks every second; the defaults look about every 100 s (measured).
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    # Without it a worker whose connection was black-holed was not back within 120 s (measured).
    "socket_timeout": 10,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 5,
}

# A page must not hang on a broker that is away: the row is committed, the sweep will ring.
task_publish_retry = False

# -- results: only public tasks keep theirs, for their callers -----------------------------------

result_backend = _settings.redis_url.get_secret_value()
result_backend_transport_options = {"visibility_timeout": visibility_timeout}
result_expires = 24 * 60 * 60
task_ignore_result = True

# -- what may be in a message --------------------------------------------------------------------

# Anybody who can reach the broker could run code through pickle.
task_serializer = result_serializer = "json"
accept_content = ["json"]
enable_utc = True
timezone = "UTC"

# -- queues: one per concern, so that a long sendout delays no decision --------------------------

task_queues = [Queue(name) for name in ("moderation", "letters", "sendout", "sync", "sweep")]
task_default_queue = "moderation"
# A mistyped queue fails where it is published instead of waiting for ever.
task_create_missing_queues = False
task_routes = {
    "listgate.*": {"queue": "moderation"},
    "moderation.*": {"queue": "moderation"},
    "letters.*": {"queue": "letters"},
    "sendout.*": {"queue": "sendout"},
    "sync.*": {"queue": "sync"},
    "sweep.*": {"queue": "sweep"},
}

# -- workers -------------------------------------------------------------------------------------

# A task is done when it is done, not when it was received: a killed worker's task runs again.
task_acks_late = True
task_reject_on_worker_lost = True

# Prefork only enforces these; every library call has a timeout of its own besides.
task_soft_time_limit = 45
task_time_limit = 60

# A push reads a list, waits for the operator's command, and stores what it pushed.  Ending it early
# would leave its command running; the visibility timeout still exceeds it.
_push = _settings.sync_timeout.total_seconds()
task_annotations = {"sync.push": {"soft_time_limit": _push + 90, "time_limit": _push + 105}}

# Nobody hoards: a fetched task waits behind the one that is running.
worker_prefetch_multiplier = 1

# Whatever leaks in a library is gone after so many tasks.
worker_max_tasks_per_child = 1000

# A task whose broker is gone will be given to another worker: do not let both run on.
worker_cancel_long_running_tasks_on_connection_loss = True

# Logging is set up by workflows/celery.py.
worker_hijack_root_logger = False

# -- Flower --------------------------------------------------------------------------------------

worker_send_task_events = True
task_send_sent_event = True

# -- beat ----------------------------------------------------------------------------------------

SWEEP_INTERVAL = 15

# In memory: the schedule is this page and each entry may run at any time, so there is nothing to
# remember in a file.
beat_scheduler = "celery.beat:Scheduler"
# Beat answers `inspect ping`, for health checks.
beat_enable_remote_control = True
# A beat that hangs stops answering after four missed sweeps; the default is ten minutes.
beat_remote_control_max_tick_age = 4 * SWEEP_INTERVAL
# A second beat, or a queue full of sweeps after an outage, is harmless: sweeps are idempotent and
# those that nobody took within two intervals vanish.
beat_schedule = {
    "sweep": {
        "task": "sweep.sweep",
        "schedule": SWEEP_INTERVAL,
        "options": {"expires": 2 * SWEEP_INTERVAL},
    },
}
