//! Doing it: the executor over the plan's graph, retries, and the true account of what happened.
