"""What the site is made of besides its pages: the gallery, the reference, and their pictures."""
