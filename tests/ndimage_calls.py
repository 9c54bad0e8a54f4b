"""Random calls of SciPy's image filters: images of every dtype and layout, windows, borders, origins, outputs."""
import numpy as np

CODES = ["?", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"]
MODES = ["reflect", "mirror", "nearest", "constant", "wrap", "grid-mirror", "grid-constant", "grid-wrap"]
SHAPES = [(1, 1), (1, 7), (6, 1), (5, 9), (23, 31), (70, 150), (3, 300)]
SIZES = [1, 2, 3, 5, 8, 40]
LINES = ["correlate1d", "convolve1d"]
DENSE = ["correlate", "convolve"]
GAUSSIANS = ["gaussian_filter1d", "gaussian_filter", "gaussian_laplace", "gaussian_gradient_magnitude"]
DERIVATIVES = ["sobel", "prewitt", "laplace"]
MEANS = ["uniform_filter1d", "uniform_filter"]
EXTREMES = ["minimum_filter1d", "maximum_filter1d"]
WINDOWS = [
    "median_filter", "percentile_filter", "rank_filter", "minimum_filter", "maximum_filter", "grey_erosion",
    "grey_dilation", "grey_opening", "grey_closing", "morphological_gradient", "morphological_laplace", "white_tophat",
    "black_tophat"]
NAMES = [*LINES, *DENSE, *GAUSSIANS, *DERIVATIVES, *MEANS, *EXTREMES, *WINDOWS]


class Calls:
    """Arguments of random calls."""

    def __init__(self, rng):
        self._rng = rng

    def pick(self, *values):
        return values[self._rng.integers(len(values))]

    def chance(self, share):
        return self._rng.random() < share

    def image(self):
        """Return samples of all the range of a dtype, of a small range, or all alike, in any layout."""
        rng, shape, dtype = self._rng, self.pick(*SHAPES), np.dtype(self.pick(*CODES))
        if dtype.kind == "f":
            image = rng.normal(0, 10.0 ** rng.integers(-3, 6), shape).astype(dtype)
        elif dtype.kind == "b":
            image = rng.random(shape) < 0.5
        else:
            limits = np.iinfo(dtype)
            image = rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)
            image = image % dtype.type(100) if self.chance(0.5) else image
            image[...] = 100 if self.chance(0.2) else image
        layout = self.pick("plain", "plain", "plain", "reversed", "by columns", "swapped")
        if layout == "reversed":
            return image[::-1, ::-1]
        if layout == "by columns":
            return np.asfortranarray(image)
        return image.astype(image.dtype.newbyteorder()) if layout == "swapped" else image

    def output(self, image):
        kind = self.pick("none", "none", "dtype", "name", "array", "own dtype", "strided")
        if kind in ("none", "name"):
            return {} if kind == "none" else {"output": self.pick("f4", "f8", "u1", float, np.uint8)}
        if kind == "dtype":
            return {"output": np.dtype(self.pick(*CODES))}
        code = image.dtype.newbyteorder("=") if kind == "own dtype" else self.pick(*CODES)
        height, width = image.shape
        return {"output": np.full((height, 2 * width), 7, code)[:, ::2] if kind == "strided" else
                np.full(image.shape, 7, code)}

    def modes(self):
        return self.pick(*MODES) if self.chance(0.6) else [self.pick(*MODES), self.pick(*MODES)]

    def origin(self, size):
        return int(self._rng.integers(-(size // 2), (size - 1) // 2 + 1))

    def weights(self, shape):
        weights = self._rng.normal(size=shape)
        if self.chance(0.3):
            weights = np.round(weights * 3) + (weights.ndim == 2)
        turned = np.flip(weights)
        return self.pick(weights, weights + turned, weights - turned) if weights.ndim == 1 else weights

    def of(self, name):
        """Return the positional arguments and the keywords of a call."""
        image = self.image()
        keywords = {"cval": self.pick(0.0, 3, -1, 0.7, 300.5), **self.output(image)}
        for names, more in ((LINES, self._of_lines), (DENSE, self._of_dense), (GAUSSIANS, self._of_gaussians),
                            (DERIVATIVES, self._of_derivatives), (MEANS + EXTREMES, self._of_sizes),
                            (WINDOWS, self._of_windows)):
            if name in names:
                own, others = more(name)
                return (image, *own), keywords | others
        raise AssertionError(name)

    def _of_lines(self, _):
        weights = self.weights(int(self._rng.integers(1, 9)))
        return (weights,), {"axis": self.pick(-2, -1, 0, 1), "mode": self.pick(*MODES),
                            "origin": self.origin(len(weights))}

    def _of_dense(self, _):
        weights = self.weights(tuple(self._rng.integers(1, 6, 2)))
        origins = [self.origin(size) for size in weights.shape]
        if self.chance(0.2):
            return (weights[0],), {"mode": self.pick(*MODES), "origin": origins[1], "axes": self.pick((0,), (1,), 1)}
        return (weights,), {"mode": self.pick(*MODES), "origin": origins}

    def _of_gaussians(self, name):
        if name == "gaussian_filter1d":
            own = {"axis": self.pick(0, 1), "order": self.pick(0, 0, 1, 2, 3), "mode": self.pick(*MODES)}
            return (self.pick(0.5, 1, 2.3, 7),), own | ({"radius": self.pick(0, 1, 5)} if self.chance(0.3) else {})
        own = {"mode": self.modes()}
        if name == "gaussian_filter":
            own |= {"order": self.pick(0, 0, 1, 2, (0, 1), (2, 1))}
            own |= {"radius": self.pick(0, 5, (2, 3))} if self.chance(0.3) else {"truncate": self.pick(4.0, 3.0)}
            own |= {"axes": self.pick((1, 0), (0, 1), (-1, -2))} if self.chance(0.3) else {}
        return (self.pick(0.5, 1, 2.3, 7, (1, 3), (0, 2), [2, 0]),), own

    def _of_derivatives(self, name):
        return (), {"mode": self.modes()} | ({} if name == "laplace" else {"axis": self.pick(-2, -1, 0, 1)})

    def _of_sizes(self, name):
        if name.endswith("1d"):
            size = self.pick(*SIZES)
            return (size,), {"axis": self.pick(0, 1, -1), "mode": self.pick(*MODES), "origin": self.origin(size)}
        sizes = [self.pick(*SIZES), self.pick(*SIZES)]
        return (sizes,), {"mode": self.modes(), "origin": [self.origin(size) for size in sizes]}

    def _of_windows(self, name):
        own = {"percentile_filter": (self.pick(0, 20, 50, 100, -10, 33.3),), "rank_filter": (self.pick(0, 1, 2, -1),)}
        if self.chance(0.5):
            shape = self.pick(*SIZES[:-1]), self.pick(*SIZES[:-1])
            window = {"size": shape, "mode": self.modes()}
        else:
            footprint = self._rng.random(tuple(self._rng.integers(1, 6, 2))) < 0.6
            footprint[0, 0], shape = True, footprint.shape
            window = {"footprint": footprint, "mode": self.pick(*MODES)}
        origins = {"origin": [self.origin(size) for size in shape]} if self.chance(0.5) else {}
        return own.get(name, ()), window | origins
