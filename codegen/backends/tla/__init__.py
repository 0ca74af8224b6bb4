"""The TLA+ backend: a module for the variant, a model for each scope, and the proof of their frames."""

from .frames import FrameError, prove_frames
from .model import TlaModel, emit_model
from .module import emit_module

__all__ = ["FrameError", "TlaModel", "emit_model", "emit_module", "prove_frames"]
