"""The words of the tab *The phase problem*. HTML is allowed in the texts named *_HTML and nowhere else."""

from __future__ import annotations

TAB = "The phase problem"
IDEA_HTML = (
    "Sound, cut into short overlapping frames, is a <b>magnitude</b> and a <b>phase</b> for every frequency. A mel-"
    "spectrogram keeps magnitudes only, and every vocoder has to make a sound without being told the phases. "
    "What happens if they are simply left out, and how far can one get without any learning?"
)
NO_RECORDING = "A mel-spectrogram has no phase to throw away. Choose an example or a recording to see what phases do."
SHORTENED = "The recording goes on; here are its first {seconds:g} seconds."

# What is kept
OVERLAP = "Overlap of neighbouring windows"
OVERLAP_INFO = "More overlap says everything more often, so that magnitudes alone nearly determine the phase."
OVERLAPS = {50.0: "50 %", 75.0: "75 %", 87.5: "87.5 %"}
KEPT = "Magnitudes that are kept"
KEPT_INFO = "A mel keeps 80 bands of each frame's 513 magnitudes; the rest has to be guessed before any phase is."
SOURCES = {"true": "The true ones", "mel": "What an 80-band mel leaves"}

# The recording
PAIR = "One recording, two pictures"
MAGNITUDE = "Magnitude"
MAGNITUDE_LOOK = "Look for the words: harmonics, vowels and hisses are all here."
KEPT_MAGNITUDE = "Magnitude, from the mel"
KEPT_MAGNITUDE_LOOK = "Look at the upper harmonics: where a band is wider than their distance, they have run together."
PHASE = "Phase"
PHASE_LOOK = (
    "Look for the words here, and find none: colour is the angle, and faint where nothing sounds. "
    "This is what gets thrown away."
)
QUIET = "too quiet to have a phase"
HOVER = "Point at any picture, or move through it with the arrow keys, to read seconds, hertz and the value."
MAGNITUDE_ALT = "Magnitudes, 0 to 4 kHz over {seconds:.1f} seconds."
PHASE_ALT = "{name}: angles as colours, 0 to 4 kHz over {seconds:.1f} seconds."

# The choice
CHOOSE = "Keep the magnitude, choose the phase"
CHOICE = "Phase"
CHOICES = {  # name on the button, in the table, and what it is in a sentence
    "true": ("True", "True", "The recording's own phase: every difference that remains is the magnitude's."),
    "zero": ("Zero", "Zero", "All phases 0: every frame is a symmetric pulse, and the voice a buzz at the frame rate."),
    "random": ("Random", "Random", "Any angle for any bin and frame: hoarse and washed out, though the words stay."),
    "other": ("Another recording's", "Another's", "The phase of \u201c{other}\u201d: listen for traces of it."),
    "griffin-lim": (
        "Griffin-Lim",
        "Griffin-Lim, {iterations}",
        "From random angles back and forth between these magnitudes and what a sound can have, {iterations} times.",
    ),
    "pghi": (
        "PGHI",
        "PGHI",
        "No iteration: the magnitude's slopes are the phase's slopes, summed up from the loudest bins on.",
    ),
    "analytic": (
        "Gradient theorem",
        "Gradient theorem",
        "The same slopes, read frame by frame and joined by least squares: it could run live.",
    ),
    "network": (
        "Network",
        "Network",
        "The same slopes, corrected by a network of about 8,000 parameters, joined by the same least squares.",
    ),
    "noisy": (
        "True derivatives + noise",
        "True derivatives + {noise:g} rad",
        "The true slopes plus Gaussian noise of {noise:g} radians: how exact would a network have to be?",
    ),
}
ITERATIONS = "Iterations of Griffin-Lim"
NOISE = "Noise on the true derivatives, radians"
NO_NETWORK = "No network comes with this page for this overlap; try 75 %."
ORIGINAL, ORIGINAL_LINE = "Original", "The recording, with its own magnitude and phase."
CHOSEN_PHASE = "The phase that was chosen"
CHOSEN_PHASE_LOOK = "Compare with the true one: a good phase need not look like it to sound like it."

MEASURED = "Measures"
MEASURES = (  # head, what it means
    ("Phase", ""),
    (
        "Spectral convergence",
        "Energy of the magnitudes' error relative to the magnitudes' own, in dB: 0 is all wrong, -20 is a hundredth.",
    ),
    ("Spectral distance", "M-STFT over windows of 512, 1024 and 2048 samples: 0 is the same sound."),
    ("ESTOI", "Estimated intelligibility, 1 for the same sound."),
    ("PESQ", "Estimated quality of speech (wide band), from 1.04 to 4.64."),
)
EXACT = "exact"
MEL_LOSS_HTML = (
    "<b>Two losses, one after the other.</b> With the true phase, the mel's magnitudes are at {mel}: that is what the "
    "mel itself throws away, and no phase brings it back. With the phase chosen above they are at {both}: "
    "the rest is the phase's."
)
DECIBELS_AND_PESQ = "{decibels} and PESQ {pesq}"

# Griffin-Lim
STRIP = "Griffin-Lim, step by step"
STRIP_IDEA = (
    "Start at random phases. Make a sound, take its phases, put the kept magnitudes back, and again: each time round, "
    "the magnitudes of the sound agree better with the kept ones."
)
ITERATION = "Iteration"
ITERATION_TITLE = "After {iteration} iterations"
CURVE = "How far the sound's magnitudes are from the kept ones"
CURVE_LOOK = "Look at the first five iterations: most is won there; from 32 to 100 it takes patience to hear more."
CURVE_ALT = "Spectral convergence in dB over 100 iterations of Griffin-Lim, from {first:.1f} to {last:.1f} dB."
CURVE_AXES = ("iteration", "dB")
CURVE_HERE = "Iteration {iteration}: {decibels}"
FILM_LOOK = "The loudest moment, up to 2.8 kHz: look how noise gathers into stripes. Press a picture to hear it."
FILM_ALT = "Magnitudes of the sound after {iteration} iterations"

# Derivatives
MAPS = "The phase is not noise after all"
MAPS_IDEA = (
    "Take differences instead: from frame to frame (less what a tone in the middle of its bin would turn), and from "
    "bin to bin. Where there was noise there are voices again, and they can nearly be computed from the magnitude: "
    "for a Gaussian window exactly, which is the gradient theorem."
)
TIME_MAP, FREQUENCY_MAP = "From frame to frame", "From bin to bin"
TIME_LOOK = "The loudest second, up to 2.8 kHz: the colour of a harmonic says how far it is from the middle of its bin."
FREQUENCY_LOOK = "Look at vertical stripes: the colour says whether a pulse of the voice is before or after its frame."
ESTIMATES = {  # column: title, line
    "noisy": ("True", "From the recording's own phase, with as much noise as you like."),
    "analytic": ("Gradient theorem", "From the slopes of the log-magnitude alone: no learning."),
    "network": ("Network", "The gradient theorem, corrected by a network of about 8,000 parameters."),
}
NOISY_TITLE = "True + {noise:g} rad"
MAP_ALT = "{title}, {direction}: angles as colours, of the loudest second, 0 to 2.8 kHz"
ERRORS = "Off by {time:.2f} rad from frame to frame, {frequency:.2f} rad from bin to bin (energy-weighted)."
MAP_NOISE = "Noise, radians"
MAP_NOISE_INFO = "Up to about 0.3 nearly nothing is heard; at 0.8 the voice is rough."
AHEAD = "Let the estimates see one frame of the future"
AHEAD_INFO = "For a frame of latency the slope in time is taken from both sides, and bin to bin gains most."

# The race
RACE = "Joining the slopes, quickly"
RACE_IDEA = (
    "Differences from frame to frame and from bin to bin contradict each other a little; least squares finds the phase "
    "that fits both best. Only neighbours are coupled, so the matrix has three diagonals, and the work need not grow "
    "with the cube of the bins."
)
RACE_AXES = ("bins", "time a frame")
RACE_LOOK = (
    "Look at the slopes: on these axes a power of the size is a straight line, the steeper the worse. "
    "At {bins} bins, {slowest} takes {factor:,.0f} times as long as ours."
)
RACE_ALT = "Time that each solver takes for one frame, over the number of bins, both axes logarithmic."
RACE_AGAIN = "Race again"
RACE_GROWTH = "bins^{growth:.1f}"
RACE_HEAD = (("Solver", ""), ("{bins} bins", "Time for one frame."), ("Grows like", "Fitted to the four sizes."))

# Work
CUTTING, CHOOSING, MEASURING = "Taking the phase away", "Finding a phase", "Measuring how close it came"
ITERATING, MAPPING, RACING = "Running Griffin-Lim", "Reading the phase's slopes", "Racing the solvers"
