"""One child's path from the entry point to the exit point."""
