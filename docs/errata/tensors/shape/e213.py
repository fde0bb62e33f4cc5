import torch

images = torch.randn(32, 3, 56, 56)
C = 1
assert images.sum(dim=C).shape == images.select(dim=C, index=0).shape
lines = (
    (lambda: images.sum("C"), "sum() received an invalid combination of arguments - got (str)"),
    (
        lambda: images.select("C", index=0),
        "select(): argument 'dim' (position 1) must be int, not str",
    ),
)
for line, message in lines:
    raised = ""
    try:
        line()
    except TypeError as error:
        raised = str(error)
    assert raised.startswith(message), raised
tensor = torch.rand(3, 4, 1, 2)
assert tensor.movedim(0, 1).shape == tensor.permute(1, 0, 2, 3).shape == (4, 3, 1, 2)
tensor = tensor.align_to("N", "C", "H", "W")
