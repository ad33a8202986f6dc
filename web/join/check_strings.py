"""The sentences that the script of the check shows, by key; ``{name}`` is a place for a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from web.i18n import N_

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CHECK: Mapping[str, str] = {
    "camera-works": N_("The camera works. Do you see yourself?"),
    "camera-refused": N_("The browser may not use the camera. Allow it beside the address, then try again."),
    "camera-missing": N_("No camera was found, or another program uses it."),
    "microphone-speak": N_("Say something. You hear it back after three seconds."),
    "microphone-works": N_("The microphone works."),
    "microphone-silent": N_("Nothing was heard yet. Speak louder, or come closer."),
    "microphone-refused": N_("The browser may not use the microphone. Allow it beside the address, then try again."),
    "microphone-missing": N_("No microphone was found, or another program uses it."),
    "speaker-playing": N_("Do you hear the three notes?"),
    "speaker-works": N_("You hear sound."),
    "speaker-silent": N_("You hear nothing. Turn the sound up, or plug in a loudspeaker."),
    "line-running": N_("Measuring. This takes about a quarter of a minute."),
    "line-done": N_("The line was measured."),
    "line-web-only": N_("Measured over the web only."),
    "line-failed": N_("There is no line just now. Try again, or try another place."),
    "line-busy": N_("Others are checking just now. Try again in half a minute."),
    "line-not-yours": N_("To measure the line, open the link of your visit on this device first, or sign in."),
    # The one thing to do
    "do-no-line": N_("There is no line here. Go to another place, and keep the telephone ready."),
    "do-allow-microphone": N_("Allow the microphone: press the picture beside the address, then check again."),
    "do-plug-microphone": N_("Plug in a microphone, or use another device."),
    "do-raise-microphone": N_("Turn the microphone up, or come closer to it."),
    "do-raise-sound": N_("Turn the sound up, or plug in a loudspeaker."),
    "do-other-network": N_("This network lets no call through. Use another one, such as a telephone's."),
    "do-move-closer": N_("The line loses a lot. Go closer to the router or to the window, or use a cable."),
    "do-free-the-line": N_("The line is narrow. During the visit, let nobody else use it."),
    "do-allow-camera": N_("Allow the camera, so that the others see you. Without it they still hear you."),
    "do-plug-camera": N_("Plug in a camera if there is one. Without it the others still hear you."),
    "do-let-finish": N_("The way is long. Let each other finish, and wait a moment before you answer."),
    "do-voice-first": N_("All is ready for talking. Nothing more to do."),
    "do-ready": N_("All is ready. Nothing more to do."),
    # What to expect
    "rung-video": N_("Sound and picture"),
    "rung-small-video": N_("Sound and a small picture"),
    "rung-stills": N_("Sound, and a photo every few seconds"),
    "rung-voice-24": N_("Sound alone"),
    "rung-voice-16": N_("Sound alone"),
    "rung-voice-12": N_("Sound alone"),
    "rung-voice-8": N_("Sound alone"),
    "rung-clips": N_("Spoken messages, one after the other"),
    "rung-text": N_("Words and pictures"),
    "rung-phone": N_("The telephone"),
    "megabytes": N_("at most {n} MB"),
    # The numbers
    "path-direct": N_("direct (UDP)"),
    "path-relay-udp": N_("through the relay (UDP)"),
    "path-relay-tls": N_("through the relay (TLS only)"),
    "path-blocked": N_("web only, calls are blocked"),
    "path-unknown": N_("measured over the web only"),
    "kbps": N_("{n} kbit/s"),
    "ms": N_("{n} ms"),
    "percent": N_("{n} %"),
    "unknown": N_("not known"),
}


def check_strings(translate: Callable[[str], str]) -> dict[str, str]:
    """Return the sentences in the language of ``translate``."""
    return {key: translate(sentence) for key, sentence in CHECK.items()}
