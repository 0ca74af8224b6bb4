"""The explorer backend: a variant at a scope as a C program that finds its whole labelled state graph."""

from .layout import Field, Layout
from .numbers import fair_action
from .program import ExplorerModel, emit_explorer

__all__ = ["ExplorerModel", "Field", "Layout", "emit_explorer", "fair_action"]
