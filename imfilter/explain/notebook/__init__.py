"""What notebooks show for objects: tables and drawings as HTML without scripts."""
