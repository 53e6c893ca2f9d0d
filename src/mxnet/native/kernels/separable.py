"""Convolutions that look at channels apart and then at pixels apart, some lines of an image at a time.

What the first one makes of these lines is still in cache when the second one reads it.
"""

from __future__ import annotations

from mxnet.native.kernels.language import Words, call, f32, i64, kernel, real

# Behind memory, the kernels, pixels of a line, channels, lines at a time and limits stand the kernels' words.
SCRATCH, FIRST_KERNEL, SECOND_KERNEL, WIDTH, CHANNELS, AT_ONCE, CLIPS, LOW, HIGH, WORDS = range(10)
APART, DIRECTLY = 22, 34  # words of convolve_apart, which come first, and of convolve_directly
OUT, LINE, LINES = 3, 18, 19  # of the first
IMAGE, PIXEL, PIXELS = APART, APART + 28, APART + 29  # of the second
HEAD = 128
"""Numbers of memory before what lies between the two."""


@kernel
def convolve_separably(a: Words) -> None:
    """Convolve each channel by itself, bring the result between limits if asked to, and convolve pixels."""
    words, between, line = i64(a[SCRATCH]), a[SCRATCH] + 4 * HEAD, a[WORDS + LINE]
    for i in range(APART + DIRECTLY):
        words[i] = a[WORDS + i]
    end = line + a[WORDS + LINES]
    while line < end:
        lines = a[AT_ONCE] if a[AT_ONCE] < end - line else end - line
        first, pixels = line * a[WIDTH], lines * a[WIDTH]
        words[OUT] = words[IMAGE] = between - 4 * a[CHANNELS] * first
        words[LINE] = line
        words[LINES] = lines
        words[PIXEL] = first
        words[PIXELS] = pixels
        call(a[FIRST_KERNEL], a[SCRATCH])
        if a[CLIPS]:
            numbers, low, high = f32(between), real(a[LOW]), real(a[HIGH])
            for i in range(pixels * a[CHANNELS]):
                number = numbers[i]
                number = low if number < low else number
                numbers[i] = high if number > high else number
        call(a[SECOND_KERNEL], a[SCRATCH] + 8 * APART)
        line += lines
