"""The words of *Latent surgery*. HTML is allowed in the texts named *_HTML and nowhere else."""

from __future__ import annotations

TAB = "Latent surgery"
IDEA = (
    "The way back is given two things: a mel and a z. What does each of them carry? Give one recording the z of "
    "another, and listen whose words come out."
)
OTHER = "The other recording"
WORKING, EXCHANGING, COOLING = "Operating", "Exchanging z and mel", "Six temperatures"
CUT = "Long sounds are operated on in their first {seconds:g} s."

# Whose z, whose mel
EXCHANGE = "Whose z, whose mel?"
MEL_OF, Z_OF = "mel of {name}", "z of {name}"
RETURNS = "the recording returns"
SOUNDS_LIKE = "sounds like {near}: {close:.2f} Np from its mel, {distant:.2f} from {far}\u2019s"
EXCHANGE_LOOK = (
    "Down a column everything says the same words in the same voice: the mel carries them. Change the row, and only "
    "the grain changes: z carries phase and detail. Where z and mel do not belong together the voice is rough, since "
    "this small network has left some speech in z."
)
CELL_LABEL = "Play z of {z} with mel of {mel}"
CELL_ALT = "Spectrogram of z of {z} with mel of {mel}."
MEL_ALT, Z_ALT = "Mel-spectrogram of {name}.", "Latents of {name}."

# Six temperatures
STRIP = "How much noise does it need?"
STRIP_LOOK = (
    "The same noise, the same mel, six temperatures. At 0 there is nothing for the network to shape. It was polished "
    "at 0.8, so between 0.6 and 1 little changes."
)
TEMPERATURE = "T = {value:g}"
STRIP_SEED = "Seed of the noise"

# Operations
OPERATE = "Operate"
OPERATE_LOOK = "Operations add up, one after the other, and each can be undone. Hear the result beside the recording."
KIND = "What to do"
KINDS = {  # in the order of the list
    "quantise": "z: round it to n bits",
    "temper": "z: times a factor",
    "redraw": "z: replace it by noise",
    "mute_channels": "z: zeros in a band of channels",
    "mute_time": "z: zeros for a while",
    "transplant": "z: a stretch from the other recording",
    "blend": "z: towards the other recording's",
    "shuffle": "z: shuffle time",
    "other_mel": "mel: take the other recording's",
    "pitch_mel": "mel: higher or lower",
    "delay_mel": "mel: later or earlier",
}
ABOUT = {  # what to expect
    "quantise": "z in steps of 8 / 2\u207f. How few bits bring the recording back? The table says what they cost.",
    "temper": "The recording's own z, weaker or stronger: its detail fades or gets sharper.",
    "redraw": "Other noise of the same strength: the words stay, the waveform is another. Not even a bell is needed.",
    "mute_channels": "Channels are mixtures, so a band of them is no band of frequencies.",
    "mute_time": "Only that while loses its detail; the convolutions smear its edges.",
    "transplant": "The other's detail for a while, under this one's words.",
    "blend": "A straight line passes nearer to zero, like a lower temperature; the sphere does not.",
    "shuffle": "Every number is kept and stays Gaussian, but the detail belongs to another moment.",
    "other_mel": "The other's words and voice, with this one's grain.",
    "pitch_mel": "The whole mel moves along its axis, the throat with the pitch.",
    "delay_mel": "The words move, the detail stays: where it belonged it fits no more.",
}
FACTOR, SHAPE, SEED = "Factor", "Noise", "Seed"
SHAPES = {"gaussian": "Gaussian", "laplace": "Laplace", "uniform": "uniform"}
START, STOP = "From (%)", "To (%)"
AMOUNT, WAY = "How far", "Way"
WAYS = {"spherical": "on the sphere", "linear": "straight"}
FRAMES, BITS, SEMITONES, DELAY = "Blocks of (frames)", "Bits", "Semitones", "Seconds"
DO, UNDO, REDO, CLEAR = "Do it", "Undo", "Redo", "Start again"
BEFORE, AFTER = "Before", "After"
UNTOUCHED = "Untouched: the recording's own z and mel"
UNTOUCHED_MEL = "Untouched: your mel, and noise for z"
DONE = {  # as the list of what was done says it
    "quantise": "z rounded to {bits} bits",
    "temper": "z \N{MULTIPLICATION SIGN} {factor:g}",
    "redraw": "{shape} noise {seed} for z",
    "mute_channels": "channels {start}\N{EN DASH}{stop} of z muted",
    "mute_time": "z muted in frames {start}\N{EN DASH}{stop}",
    "transplant": "z of {other} in frames {start}\N{EN DASH}{stop}",
    "blend": "z {amount:.0%} towards {other} ({way})",
    "shuffle": "z shuffled in blocks of {frames}",
    "other_mel": "mel of {other}",
    "pitch_mel": "mel moved by {semitones:+g} semitones",
    "delay_mel": "mel moved by {frames:+d} frames",
}
MEASURED = "What each of them did"
MEASURES = (  # head, what it means
    ("", ""),
    (
        "Spectral distance",
        "M-STFT to the recording: 0 is the same sound, good vocoders are near 1.",
    ),
    (
        "Waveform",
        "Signal-to-noise ratio to the recording, sample by sample: above 30 dB hardly anybody hears a difference, "
        "near 0 the waveform is another one, whatever it sounds like.",
    ),
    ("Mel error", "Mean difference in nepers between the mel that was asked for and the mel of what came out."),
    ("Off Gaussian", "1-D Wasserstein distance of z to N(0, 1); 0 is Gaussian, 0.80 is zeros alone."),
    (
        "Code of z",
        "Bits a latent of an ideal code for z as it was rounded, and kbit/s at 22 050 of them a second. The mel comes "
        "on top.",
    ),
)
NOTHING_TO_UNDO, NOTHING_TO_REDO = "There is nothing to undo.", "There is nothing to redo."
SAME_OTHER = "Choose another recording than the one that is open."
TOO_MANY = "Twelve operations are enough; undo some, or start again."
HONEST = (
    "The bundled network is small and briefly trained, so what it says from other latents is rougher; with its own z "
    "every recording returns exactly."
)
