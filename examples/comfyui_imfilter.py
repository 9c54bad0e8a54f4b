"""ComfyUI nodes for all filters of imfilter, made of its declarations.

Copy this file into ComfyUI/custom_nodes, and run `pip install imfilter` in ComfyUI's environment. The nodes are in the
menu under image/imfilter. Images are tensors (B, H, W, C) of floats from 0 to 1, as ComfyUI has them.
"""
import numpy as np
import torch

from imfilter.filters import FILTERS
from imfilter.filters.signed_samples import SIGNED
from imfilter.integrations.forms import list_fields, read_fields

TYPES = {"number": "FLOAT", "integer": "INT", "flag": "BOOLEAN", "text": "STRING", "image": "IMAGE"}


def input_of(field):
    """Return what ComfyUI wants to know of a field: its type, or its choices, and options."""
    options = {"default": field.default, "tooltip": field.help}
    if field.form == "choice":
        return list(field.choices), options
    if field.form in ("number", "integer"):
        low, high = field.range
        options |= {"min": low, "max": high, "step": field.step}
    if field.form == "number":
        options["round"] = False  # ComfyUI rounds to the step otherwise
    return TYPES[field.form], options


class Filter:
    """A node with one filter. name: of the filter."""

    name = ""
    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "run"

    @classmethod
    def INPUT_TYPES(cls):
        """Return the inputs, required and optional ones."""
        fields = list_fields(FILTERS[cls.name])
        required = {"image": ("IMAGE",)} | {field.name: input_of(field) for field in fields if field.form != "image"}
        if FILTERS[cls.name].signed:
            required["signed"] = (list(SIGNED), {"default": "offset", "tooltip": "How results below 0 are shown."})
        return {"required": required,
                "optional": {field.name: ("IMAGE",) for field in fields if field.form == "image"}}

    def run(self, image, signed="offset", **entered):
        """Return the filtered images, in a tuple as ComfyUI wants it."""
        guides = {key: value[0].cpu().numpy() for key, value in entered.items() if isinstance(value, torch.Tensor)}
        keywords = read_fields(self.name, {**entered, **guides})
        declaration = FILTERS[self.name]
        operation = declaration.operation(keywords)
        values = declaration.function(np.asarray(image.cpu(), np.float32), **keywords, channel_axis=3)
        values = values / (operation.full_scale or 1)
        if operation.signed:
            values = SIGNED[signed](values, 0.5, 0.5, np.abs(values).max(initial=0))
        if values.ndim == 3:  # gray
            values = np.repeat(values[..., None], 3, -1)
        return (torch.from_numpy(np.clip(values, 0, 1).astype(np.float32)).to(image.device),)


NODE_CLASS_MAPPINGS = {
    f"imfilter_{name}": type(f"Imfilter_{name}", (Filter,), {
        "name": name, "CATEGORY": f"image/imfilter/{declaration.group}", "DESCRIPTION": declaration.summary})
    for name, declaration in FILTERS.items()}
NODE_DISPLAY_NAME_MAPPINGS = {
    f"imfilter_{name}": f"{name.replace('_', ' ').capitalize()} (imfilter)" for name in FILTERS}
