from timeit import repeat

import numpy as np

column = np.random.default_rng(0).normal(size=100_000)


def one_by_one():
    return np.array([v * v if v > 0 else 0.0 for v in column])


def vectorized():
    return np.where(column > 0, column * column, 0.0)


print(np.array_equal(one_by_one(), vectorized()))
#> True
slow = min(repeat(one_by_one, number=1, repeat=5))
fast = min(repeat(vectorized, number=1, repeat=5))
print(slow > 5 * fast)
#> True
