//! A control plane in the binary: Kong's Admin API over SQLite, driven by the same catalog as everything else.
