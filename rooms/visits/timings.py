"""How long a live room waits before each thing that it does by itself."""

from datetime import timedelta

#: From an adult's lost socket until everybody is told; shorter breaks heal unseen. The promise is 2 s.
TELL_LOST_AFTER = timedelta(seconds=1.5)
#: From a required person's lost socket until media pauses. The promise is 30 s.
PAUSE_AFTER = timedelta(seconds=20)
#: The picture countdown before a room closes.
COUNTDOWN = timedelta(seconds=10)
#: How long a lost browser keeps its place, admission and legs included.
PLACE_KEPT = timedelta(seconds=600)
