"""A feature of one's own: where the close lies in the range of the last bars (the Donchian channel).

Name it in the configuration, by file or by module:

    features:
      definitions:
        - {kind: "examples/feature_donchian.py:KIND", parameters: {period: 20}}

It is then published as `donchian_20_position` and `donchian_20_width`, counted in the set's warm-up, and
`gal-friday check-lookahead` tests it with the others.
"""

from gal_friday.features.kernel import CLOSE, HIGH, LOW, Array, kernel
from gal_friday.features.kernels.rolling import oldest, push, ring_size
from gal_friday.features.kind import Kind, Output, period


@kernel
def step(state: Array, inputs: Array, params: Array, out: Array) -> None:
    """state: ring of highs, ring of lows; each holds its values twice, so that the latest lie in one run."""
    half = state.shape[0] // 2
    highs, lows = state[:half], state[half:]
    push(highs, inputs[HIGH])
    push(lows, inputs[LOW])
    top, bottom = inputs[HIGH], inputs[LOW]
    for at in range(oldest(highs), oldest(highs) + int(params[0])):
        top = max(top, highs[at])
        bottom = min(bottom, lows[at])
    width = top - bottom
    out[0] = (inputs[CLOSE] - bottom) / width if width > 0.0 else 0.5
    out[1] = width


KIND = Kind(
    name="donchian",
    summary="The channel between the highest high and the lowest low of the last period bars: "
    "position of the close in it (0 bottom, 1 top) and its width",
    step=step,
    parameters=(period(20),),
    outputs=(Output("share", "position"), Output("price", "width")),
    state=lambda values: 2 * ring_size(int(values["period"])),
    warmup=lambda values: int(values["period"]),
    convention="position 0.5 while the channel has no width",
)
