"""gunicorn's settings: `gunicorn --config=python:portal.server portal.app:app`."""

# A client that sends its request slowly occupies a thread.  A proxy that buffers requests keeps
# slow clients away (deploy/nginx/listgate.conf); without one, forty of them leave 24 threads.
threads = 64

# It would be a file in a home directory, which the units have not.
control_socket_disable = True
