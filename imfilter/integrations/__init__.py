"""The filters in programs with a window: what their forms need to know, and the plugin for napari."""
