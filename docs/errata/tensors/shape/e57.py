import warnings

import torch

warnings.simplefilter("ignore")
points, other = torch.ones(3, 2), torch.zeros(7)
points_t = points.t()
assert any(id(points.storage()) == id(other.storage()) for _ in range(100))
kept = points.storage(), points_t.storage()
assert id(kept[0]) != id(kept[1])


def address(t):
    return t.untyped_storage().data_ptr()


assert address(points) == address(points_t) == address(points[1:])
assert address(points) != address(other) and address(points) != address(points.clone())
