"""The sentences that scripts show, by key. The page carries them translated, in one JSON element; scripts ask ``t``.

``{name}`` is a place for a value. Keys that are put together in a script end in a role, a device or a problem.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from web.i18n import N_

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Of the call page.
CALL: Mapping[str, str] = {
    # Who
    "role-classroom": N_("Child"),
    "role-social_worker": N_("Social worker"),
    "role-psychologist": N_("Psychologist"),
    "role-guardian": N_("Parent or guardian"),
    "role-interpreter": N_("Interpreter"),
    "role-supervisor": N_("Supervisor"),
    "you": N_("You"),
    "you-as": N_("{role} (you)"),
    # Controls
    "pause": N_("Pause"),
    "go-on": N_("Go on"),
    "help": N_("Help"),
    "leave": N_("Leave"),
    "sound": N_("Sound"),
    "sound-off": N_("Sound is off"),
    "picture": N_("Picture"),
    "picture-off": N_("Picture is off"),
    "microphone": N_("Microphone"),
    "camera": N_("Camera"),
    "more": N_("More"),
    "end": N_("End the visit"),
    "keep-going": N_("Keep going"),
    "knock": N_("Knock"),
    "open-door": N_("Open the door"),
    "let-in": N_("Let in"),
    "not-now": N_("Not now"),
    "remove": N_("Remove"),
    "remove-sure": N_("Remove for good?"),
    "close": N_("Close"),
    "again": N_("Try again"),
    "come-back": N_("Come back in"),
    "ask-again": N_("Ask again"),
    "move-here": N_("Open it here"),
    "bring-back": N_("Bring it back here"),
    "device": N_("Device {n}"),
    "minutes": N_("{n} min"),
    # Before the room
    "opening": N_("Opening…"),
    "early": N_("It begins in {minutes}"),
    "early-text": N_("You are in the right place. Stay here: the door opens by itself."),
    "claim-waiting": N_("This link is already in use"),
    "claim-waiting-text": N_(
        "Another device has opened it. The adults in the visit have been asked whether this one may take its place."
    ),
    "claim-denied": N_("The other device keeps this link"),
    "claim-denied-text": N_("Go on with the device that opened it first, or ask the social worker for help."),
    "no-link": N_("A link is needed"),
    "no-link-text": N_("Open the link of your visit again, or scan the code on its card."),
    "not-possible": N_("This visit cannot be opened"),
    "not-possible-text": N_("Ask the social worker for the new time or a new link."),
    "no-network": N_("There is no network just now"),
    "no-network-text": N_("Stay here. We try again by ourselves."),
    "in-use": N_("This visit is open in another tab"),
    "in-use-text": N_("Open it here instead? The other tab then closes its part."),
    "moved": N_("The visit is now open in another tab"),
    "moved-text": N_("You can close this one."),
    "broken": N_("Something went wrong"),
    "broken-text": N_("It was not your fault. Please try again."),
    # At the door
    "at-door": N_("You are at the door"),
    "at-door-text": N_("Wait a little. An adult lets you in."),
    "may-knock": N_("The child's door"),
    "may-knock-text": N_("Nobody sees or hears you yet. Knock when you are ready; the child opens."),
    "you-knocked": N_("You knocked"),
    "you-knocked-text": N_("The child opens the door when ready."),
    "denied": N_("Not now"),
    "denied-text": N_("The adults cannot let you in at this moment."),
    "knocking": N_("Somebody is knocking"),
    "child-waiting": N_("You are here. Good!"),
    "child-waiting-text": N_("Somebody will knock soon."),
    "child-opens": N_("The psychologist has knocked"),
    "child-opens-text": N_("The child opens the door when ready."),
    "waiting-knock": N_("The door is closed"),
    "waiting-knock-text": N_("The psychologist has not knocked yet."),
    "waiting-for": N_("We wait for: {roles}"),
    # In the room
    "you-paused": N_("Pause"),
    "you-paused-text": N_("Nobody sees or hears you. Go on when you like."),
    "child-paused": N_("The child has paused"),
    "child-paused-text": N_("Take a breath. The child goes on when ready."),
    "room-paused": N_("A little rest"),
    "room-paused-text": N_("Sound and picture come back by themselves when everybody is here."),
    "line-resting": N_("line resting"),
    "line-resting-long": N_("The line is resting. It comes back by itself."),
    "ending": N_("Goodbye in {seconds}"),
    "adult-lost": N_("We lost: {role}. Pause in {seconds}"),
    "adult-returned": N_("Back again: {role}"),
    "came-in": N_("Came in: {role}"),
    "went-out": N_("Went out: {role}"),
    "asks-in": N_("Asks to come in: {role}"),
    "asks-claim": N_("Another device wants the place of: {role}"),
    "did-not-work": N_("That did not work just now."),
    # Help
    "help-asked": N_("Help is wanted by: {role}"),
    "help-contact": N_("Near you: {name}"),
    "help-near": N_("Go to the adult near you."),
    # The end
    "left": N_("Goodbye!"),
    "left-text": N_("You can come back while the visit lasts."),
    "ended": N_("Goodbye, until next time!"),
    "ended-text": N_("The visit is over."),
    "cancelled-text": N_("The visit was moved or cancelled. The social worker will tell you more."),
    "removed": N_("You are no longer in this visit"),
    "removed-text": N_("Ask the social worker if you think this is a mistake."),
    # Devices that do not work: both, the microphone, the camera
    "media-refused": N_(
        "The browser may not use the microphone and camera. Allow them beside the address, then open the "
        "page again. You can still see and hear."
    ),
    "media-none": N_("No microphone and no camera were found. You can still see and hear."),
    "media-busy": N_("Another program uses the microphone and camera. Close it, then open this page again."),
    "media-insecure": N_(
        "This browser gives no microphone and camera to this page. Open it by its https address, or in another browser."
    ),
    "media-failed": N_("The microphone and camera did not start. Unplug them, plug them in, and open this page again."),
    "microphone-refused": N_(
        "The browser may not use the microphone. Allow it beside the address, then open the page again."
    ),
    "microphone-none": N_("No microphone was found. Plug one in, or go on with the picture alone."),
    "microphone-busy": N_("Another program uses the microphone. Close it, then open this page again."),
    "microphone-failed": N_("The microphone did not start. Unplug it, plug it in, and open this page again."),
    "camera-refused": N_("The browser may not use the camera. You can go on with your voice alone."),
    "camera-none": N_("No camera was found. You can go on with your voice alone."),
    "camera-busy": N_("Another program uses the camera. You can go on with your voice alone."),
    "camera-failed": N_("The camera did not start. You can go on with your voice alone."),
    # The social worker on the child's device
    "beside-code": N_("The social worker's own code"),
    "beside-go": N_("I am here too"),
    # Below voice: one at a time, pictures, words between adults, the telephone
    # What goes through, and why it is no more
    "rung-small-video": N_("Small picture and sound"),
    "rung-stills": N_("Still pictures and sound"),
    "still-picture": N_("Still picture: {role}"),
    "rung-voice": N_("Voice only"),
    "why-starting": N_("The picture comes when the line allows."),
    "why-uplink": N_("Little goes out from here just now."),
    "why-downlink": N_("Little comes in here just now."),
    "why-other-side": N_("The line of the other side is weak."),
    "why-long-way": N_("Sound takes long on the way"),
    "why-no-path": N_("The way to the others is still being looked for."),
    "why-data": N_("We save data."),
    "why-device": N_("This device has much to do."),
    "why-battery": N_("The battery is low."),
    "hold": N_("Let through"),
    "hold-none": N_("As much as the line allows"),
    "why-held": N_("The psychologist has chosen it so"),
    # The two choices of adults that the line follows
    "signing": N_("The child signs: the picture comes first"),
    "why-signing": N_("Signing: the picture comes first"),
    "signing-quiet": N_("Sound rests, so that the picture moves."),
    "data": N_("Data for this visit"),
    "data-megabytes": N_("{n} MB"),
    "data-advised": N_("{data}, suggested"),
    "data-used": N_("{used} of {all}"),
    "data-so-far": N_("{used} so far"),
    "data-hint": N_("When little is left, the picture goes first. There is always enough to say goodbye."),
    "data-suggested": N_("This device saves data. Suggested: {data}"),
    "low-clips": N_("The line is weak. Hold the button, speak, then let go."),
    "low-text": N_("No voice gets through just now. Point at a picture."),
    "low-phone": N_("Please go on by telephone."),
    "phone-say": N_("Say: the visit on the screen has stopped, please stay with the child."),
    "hold-to-talk": N_("Hold to talk"),
    "loudspeaker": N_("Loudspeaker"),
    "talk-now": N_("Speak now"),
    "talk-others": N_("{role} is speaking"),
    "talk-waits": N_("Kept until the line is back"),
    "write-words": N_("Write to the other adults. The child does not see it."),
    "write-send": N_("Send"),
    "signal-hello": N_("Hello!"),
    "signal-yes": N_("Yes"),
    "signal-no": N_("No"),
    "signal-good": N_("I am well"),
    "signal-sad": N_("I am sad"),
    "signal-i-hear-you": N_("I hear you"),
    "signal-i-do-not-hear-you": N_("I do not hear you"),
    "signal-wait": N_("Wait a moment"),
    "signal-again": N_("Once more, please"),
    "signal-need-help": N_("I need help"),
    "signal-thank-you": N_("Thank you"),
    "signal-goodbye": N_("Goodbye!"),
}


def call_strings(translate: Callable[[str], str]) -> dict[str, str]:
    """Return the call page's sentences in the language of ``translate``."""
    return {key: translate(sentence) for key, sentence in CALL.items()}
