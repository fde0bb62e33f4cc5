import torch

rows = torch.arange(6).reshape(2, 3)
columns = rows.T
print(rows.stride(), rows.is_contiguous())
#> (3, 1) True
print(columns.stride(), columns.is_contiguous())
#> (1, 3) False


def address(tensor):
    return tensor.untyped_storage().data_ptr()


# 转置、切片与原张量共享存储 | a transpose or slice shares the storage
print(address(columns) == address(rows) == address(rows[1:]))
#> True

# 新的存储，元素按行重排 | new storage, elements laid out row by row
packed = columns.contiguous()
print(packed.stride(), address(packed) == address(rows))
#> (2, 1) False

# 元素在存储中的顺序 | the order of the elements in storage
print(columns.as_strided((6,), (1,)).tolist())
#> [0, 1, 2, 3, 4, 5]
print(packed.as_strided((6,), (1,)).tolist())
#> [0, 3, 1, 4, 2, 5]
