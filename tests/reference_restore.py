"""Plain definitions of blurs as matrices, and of the deconvolution that undoes them."""
import numpy as np

PAD_MODES = {"reflect": "symmetric", "mirror": "reflect", "nearest": "edge", "wrap": "wrap"}


def blur_matrix(kernel, size, mode):
    """Return H (H W, unknowns) of convolution around tap (kh // 2, kw // 2), for images of this size.

    The unknowns are the pixels, and with 'ignore' those around them, too, as many as the odd kernel reaches.
    """
    kh, kw = kernel.shape
    reach = kh // 2, kw // 2
    padding = [(count, count) for count in reach]
    inner = np.arange(size[0] * size[1]).reshape(size)
    if mode == "ignore":
        padded = np.arange((size[0] + 2 * reach[0]) * (size[1] + 2 * reach[1])).reshape(size[0] + 2 * reach[0], -1)
    elif mode == "constant":
        padded = np.pad(inner, padding, constant_values=-1)
    else:
        padded = np.pad(inner, padding, PAD_MODES[mode])
    matrix = np.zeros((inner.size, padded.max() + 1))
    for y, x in np.ndindex(size):
        for i, j in np.ndindex(kh, kw):
            source = padded[y - (i - reach[0]) + reach[0], x - (j - reach[1]) + reach[1]]
            if source >= 0:
                matrix[inner[y, x], source] += kernel[i, j]
    return matrix


def crop(unknowns, kernel, size, mode):
    """Return the pixels among the unknowns."""
    if mode != "ignore":
        return unknowns.reshape(size)
    down, across = kernel.shape[0] // 2, kernel.shape[1] // 2
    return unknowns.reshape(size[0] + 2 * down, -1)[down:down + size[0], across:across + size[1]]


def richardson_lucy(image, kernel, mode, iterations, weights=None, cval=0.0):
    """Return x after iterations of x H'(W y / (H x + b)) / H' W 1, with the share b of a constant border."""
    matrix, y = blur_matrix(kernel, image.shape, mode), image.ravel()
    w = np.ones(y.size) if weights is None else weights.ravel()
    beyond = cval * (kernel.sum() - matrix.sum(1)) if mode == "constant" else 0
    seen = matrix.T @ w
    x = np.full(matrix.shape[1], (w * y).sum() / w.sum() / kernel.sum())
    for _ in range(iterations):
        x[seen > 0] *= (matrix.T @ (w * y / (matrix @ x + beyond)))[seen > 0] / seen[seen > 0]
    return crop(x, kernel, image.shape, mode)


def wiener(image, kernel, mode, penalty, weights=None, cval=0.0):
    """Return the x of (H' W H + p D' D) x = H' W (y - b), for a kernel of sum 1."""
    matrix = blur_matrix(kernel, image.shape, mode)
    w = np.ones(image.size) if weights is None else weights.ravel()
    beyond = cval * (kernel.sum() - matrix.sum(1)) if mode == "constant" else 0
    down, across = (kernel.shape[0] // 2, kernel.shape[1] // 2) if mode == "ignore" else (0, 0)
    shape = image.shape[0] + 2 * down, image.shape[1] + 2 * across
    places = np.arange(shape[0] * shape[1]).reshape(shape)
    pairs = [(places[1:], places[:-1]), (places[:, 1:], places[:, :-1])]
    if mode == "wrap":
        pairs = [(places, np.roll(places, 1, axis)) for axis in (0, 1)]
    eye = np.eye(places.size)
    differences = np.concatenate([eye[a.ravel()] - eye[b.ravel()] for a, b in pairs])
    normal = matrix.T @ (w[:, None] * matrix) + penalty * differences.T @ differences
    return crop(np.linalg.solve(normal, matrix.T @ (w * (image.ravel() - beyond))), kernel, image.shape, mode)
