"""What the dock does in the viewer: reading images, showing masks, keys and progress."""
