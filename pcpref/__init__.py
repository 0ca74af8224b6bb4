"""The reference machine: page lists, buddy allocator and call queues, run one labelled step at a time."""

from .scope import Scope

__all__ = ["Scope"]
