"""The drawing model: scenes, and rendering them as SVG, pixels or web pages."""
