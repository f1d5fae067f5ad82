"""What Docker and the way to it raise, as sentences with what to do."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from harness.errors import TargetError

WITHOUT = "or test without Docker: --target embedded or --target http://host:8080"
_SPACE = "Make room: `docker system df` shows what takes it, `docker image prune` removes images that nothing uses."

_SIGNS = (
    (
        ("permissionerror", "permission denied while trying to connect"),
        "there is no permission to use Docker's daemon at {where}",
        (
            f"Become a member of its group (sudo usermod -aG docker $USER, then log in again), use Podman's socket by "
            f"DOCKER_HOST, {WITHOUT}."
        ),
    ),
    (
        (
            "filenotfounderror",
            "connectionrefusederror",
            "connection refused",
            "cannot connect to the docker daemon",
            "name or service not",
        ),
        "no Docker daemon answers at {where}",
        (
            f"Start it (sudo systemctl start docker), say where it is (DOCKER_HOST, for Podman "
            f"unix://$XDG_RUNTIME_DIR/podman/podman.sock), {WITHOUT}."
        ),
    ),
    (
        ("is too old", "is too new", "minimum supported api version"),
        "this Docker daemon and the Python package docker do not speak a common version: {text}",
        "Update the older of the two: pip install -U docker, or Docker itself.",
    ),
    (("no space left on device",), "Docker has no space left to {doing}: {text}", _SPACE),
    (
        ("could not select device driver", "nvidia-container", "unresolvable cdi devices", "failed to initialize nvml"),
        "a GPU was asked for, and this Docker cannot give one to a container: {text}",
        (
            "Install NVIDIA's driver and container toolkit (nvidia-ctk runtime configure, then restart Docker), "
            "or leave out --device gpu."
        ),
    ),
    (
        ("error setting rlimit",),
        "this machine does not let Docker set the limits of a container: {text}",
        "Lower its default limits: `default-ulimits` in /etc/docker/daemon.json, for Podman in containers.conf.",
    ),
    (
        ("range of cpus", "minimum memory limit"),
        "Docker cannot {doing} with these limits: {text}",
        "Change --cpus or --memory, or the scenario's limits.",
    ),
    (
        ("timed out", "remotedisconnected", "connection reset", "connection aborted"),
        "the Docker daemon at {where} stopped answering, it was asked to {doing}",
        "Look at its state: systemctl status docker.",
    ),
)
_TAKEN = ("port is already allocated", "address already in use")
_SHOWN = 400


@contextlib.contextmanager
def told(doing: str, where: str) -> Iterator[None]:
    """Raise what Docker raises in this block as a TargetError.

    Args:
        doing: what it is asked to do, as in "Docker could not …".
        where: the daemon's address.
    """
    from docker.errors import DockerException
    from requests.exceptions import RequestException

    try:
        yield
    except (DockerException, RequestException) as error:
        raise explained(error, doing, where) from error


def explained(error: Exception, doing: str, where: str) -> TargetError:
    """Return the sentence for what was raised."""
    text = words(error)
    for signs, what, hint in _SIGNS:
        if any(sign in text.lower() for sign in signs):
            return TargetError(what.format(doing=doing, where=where, text=text), hint=hint)
    return TargetError(f"Docker could not {doing}: {text}", hint="Its own log says more: journalctl -u docker.")


def words(error: Exception) -> str:
    """Return what Docker itself says, on one line."""
    said = getattr(error, "explanation", None) or (
        error if str(error) and not isinstance(error, OSError) else repr(error)
    )
    text = " ".join(str(said.decode("utf-8", errors="replace") if isinstance(said, bytes) else said).split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def port_taken(error: Exception) -> bool:
    """True if somebody else holds a port that was to be published."""
    return any(sign in words(error).lower() for sign in _TAKEN)
