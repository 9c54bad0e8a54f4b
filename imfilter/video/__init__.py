"""Filter video streams frame by frame, in constant memory: y4m, binary PNM and raw frames."""
