"""What people decide, and how it lasts and travels."""
