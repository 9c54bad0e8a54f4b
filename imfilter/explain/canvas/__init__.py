"""The drawing model: scenes, and writing them as SVG, pixels or pages."""
