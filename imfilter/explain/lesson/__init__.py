"""Pictures that teach: sizes, sliding, channels, receptive fields, one pixel."""
