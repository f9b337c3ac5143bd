//! What is pointed at: the grammar of `{vault://…}`, where references may stand, and what is known of each.
