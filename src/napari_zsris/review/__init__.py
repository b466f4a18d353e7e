"""The review of a project without a window: what is asked, what is decided, what comes next."""
