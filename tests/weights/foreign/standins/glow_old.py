"""The class by which files of the first, different WaveGlow are known."""

import glow


class WaveGlow(glow.WaveGlow):
    pass
