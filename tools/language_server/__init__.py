"""The language server: what an editor asks about a `.drain` file, whole or half typed."""
