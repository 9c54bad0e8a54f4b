from typing import Any

import numpy as np
import PIL.Image

def read_samples(image: PIL.Image.Image, pixels: np.ndarray[Any, Any], padded: bool) -> bool: ...
def write_samples(image: PIL.Image.Image, pixels: np.ndarray[Any, Any], padded: bool) -> bool: ...
