"""Sources of class-agnostic mask proposals, one file each."""
