"""How the rooms are doing: states, paths and lines, without people."""
