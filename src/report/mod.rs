//! Showing it: plans, accounts, diagnostics and dumps as text, JSON and YAML.
