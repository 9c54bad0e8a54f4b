"""The specification of local statistics and adaptive thresholds in plain Python, exactly, one window at a time."""
import math
from fractions import Fraction

import numpy as np
from reference import place


def windows(image, shape, mode, cval=0, stride=(1, 1)):
    """Yield (y, x, samples) of each window of (H, W) as numbers. shape: booleans; its center is at size // 2."""
    (height, width), (kh, kw), pixels = image.shape, shape.shape, image.tolist()
    for y in range(0, height, stride[0]):
        for x in range(0, width, stride[1]):
            samples = []
            for i, j in np.argwhere(shape).tolist():
                row, column = place(y + i - kh // 2, height, mode), place(x + j - kw // 2, width, mode)
                samples.append(cval if row is None or column is None else pixels[row][column])
            yield y, x, samples


def moments(samples):
    """Return the mean and the variance of samples as fractions."""
    values = [Fraction(sample) for sample in samples]
    mean = sum(values) / len(values)
    return mean, sum((value - mean) ** 2 for value in values) / len(values)


def statistic(name, image, size, **where):
    """Return a statistic of (H, W), in double."""
    results, pixels = [], image.tolist()
    for y, x, samples in windows(image, np.ones(size, bool), **where):
        mean, variance = moments(samples)
        score = (float(Fraction(pixels[y][x]) - mean) / math.sqrt(variance)) if variance else 0.0
        results.append({"local_mean": float(mean), "local_variance": float(variance),
                        "local_std": math.sqrt(variance), "local_normalize": score}[name])
    down, across = where.get("stride", (1, 1))
    return np.array(results).reshape(-(-image.shape[0] // down), -(-image.shape[1] // across))


def above_by_deviation(image, size, amount, offset=0, **where):
    """Return where p > m + amount s - offset, decided exactly."""
    results, pixels = [], image.tolist()
    for y, x, samples in windows(image, np.ones(size, bool), **where):
        mean, variance = moments(samples)
        results.append(exceeds(Fraction(pixels[y][x]) - mean + Fraction(offset), Fraction(amount), variance))
    return np.array(results).reshape(image.shape)


def above_by_share(image, size, amount, low, deviation, **where):
    """Return where p > m + amount (m - low) (s / deviation - 1), decided exactly."""
    results, pixels = [], image.tolist()
    for y, x, samples in windows(image, np.ones(size, bool), **where):
        mean, variance = moments(samples)
        factor = Fraction(amount) * (mean - Fraction(low))
        results.append(exceeds(Fraction(pixels[y][x]) - mean + factor, factor / Fraction(deviation), variance))
    return np.array(results).reshape(image.shape)


def exceeds(difference, factor, variance):
    """Return whether a difference is above a factor times the root of a variance, by their signs and squares."""
    below = factor * factor * variance
    square = difference * difference
    if factor >= 0:
        return difference > 0 and square > below
    return difference > 0 or square < below


def entropy(image, shape, **where):
    """Return the entropy of each window of (H, W) in bits."""
    results = []
    for _, _, samples in windows(image, shape, **where):
        counts = np.unique(samples, return_counts=True)[1] / len(samples)
        results.append(-sum(share * math.log2(share) for share in counts.tolist()))
    return np.array(results).reshape(image.shape)
