import torch

chars = torch.tensor([-1, 2], dtype=torch.int8)
assert torch.equal(torch.from_numpy(chars.numpy()), chars)
x = torch.ones(2)
refused = (
    x.to(torch.bfloat16),
    x.to(torch.float8_e4m3fn),
    x.to_sparse(),
    x.clone().requires_grad_(),
)
messages = []
for t in refused:
    try:
        t.numpy()
    except (TypeError, RuntimeError) as e:
        messages.append(f"{type(e).__name__}: {e}")
assert len(messages) == 4
assert messages[0] == "TypeError: Got unsupported ScalarType BFloat16"
for t in (refused[0].float(), refused[1].float(), refused[2].to_dense(), refused[3].detach()):
    assert t.numpy().tolist() == [1, 1]
