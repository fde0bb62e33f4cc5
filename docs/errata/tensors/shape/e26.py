compile("NCHW = [‘N’, ‘C’, ‘H’, ‘W’]", "seed", "exec")
