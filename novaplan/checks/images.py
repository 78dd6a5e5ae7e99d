"""Images of containers, as far as their names tell."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Image:
    """A reference to an image, taken apart."""

    path: str
    """Registry and repository: ``quay.io/coreos/etcd``."""
    tag: str = ""
    digest: str = ""

    @property
    def name(self) -> str:
        """The last part of the repository: ``etcd``."""
        return self.path.rpartition("/")[2]

    @property
    def is_pinned(self) -> bool:
        """Whether it means the same image tomorrow, or at least the same release."""
        return bool(self.digest) or self.tag not in ("", "latest")


def image_of(text: str | None) -> Image | None:
    """The image that a text names; None for none, and for one that a variable would have to fill in."""
    if not text or "$" in text or "{{" in text:
        return None
    rest, _, digest = text.strip().partition("@")
    path, mark, tag = rest.rpartition(":")
    if not mark or "/" in tag:  # the colon of a registry's port
        path, tag = rest, ""
    return Image(path, tag, digest)
