"""The playground: a web page on which a convolution is changed and followed number by number."""
