"""Looking at pictures: terminal, contact sheets, previews, comparisons."""
