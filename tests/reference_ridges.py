"""The ridge filters as their papers write them: one scale after the other, with eigenvalues by NumPy.

hessians: of each scale, times sigma squared, as three arrays: yy, yx, xx. Lines are bright, as in the papers; those of
the negative image are dark.
"""
import numpy as np


def eigenvalues(yy, yx, xx):
    """Return both eigenvalues (..., 2) of each pixel's Hessian, the smaller in size first."""
    values = np.linalg.eigvalsh(np.stack([np.stack([yy, yx], -1), np.stack([yx, xx], -1)], -2))
    return np.take_along_axis(values, np.abs(values).argsort(-1), -1)


def vesselness(hessians, beta=0.5, c=None):
    """Return Frangi's measure (1998), equations 13 to 15: R_B, S, and the largest over the scales."""
    values = [eigenvalues(*one) for one in hessians]
    norms = [np.sqrt((one**2).sum(-1)) for one in values]
    c = np.max(norms) / 2 if c is None else c
    found = []
    for (first, second), norm in zip(((one[..., 0], one[..., 1]) for one in values), norms, strict=True):
        blob = np.abs(first) / np.abs(second)
        line = np.exp(-(blob**2) / (2 * beta**2)) * (1 - np.exp(-(norm**2) / (2 * c**2)))
        found.append(np.where(second > 0, 0, line))
    return np.max(found, 0)


def neuriteness(hessians, alpha=-1 / 3):
    """Return Meijering's measure (2004): the eigenvalue of the modified Hessian, over the smallest one of the image."""
    found = []
    for yy, yx, xx in hessians:
        modified = yy + alpha * xx, (1 - alpha) * yx, xx + alpha * yy
        found.append(eigenvalues(*modified)[..., 1])
    smallest = np.min(found)
    return np.max([np.where(one < 0, one / smallest, 0) for one in found], 0)
