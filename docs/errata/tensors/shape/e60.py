for block in ("    print('use')\n    x = 1", "points_t.storage()\n 1.0\n 4.0\n"):
    try:
        compile(block, "seed", "exec")
    except IndentationError as error:
        last = error
    else:
        raise AssertionError(block)
raise last
