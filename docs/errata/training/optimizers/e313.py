from torch import nn

model = nn.Sequential(nn.LSTM(2, 2), nn.LayerNorm(2))
decayed = {name for name, p in model.named_parameters() if name[-4:] != "bias"}
assert {"0.bias_ih_l0", "0.bias_hh_l0", "1.weight"} < decayed
by_ndim = {name for name, p in model.named_parameters() if p.ndim > 1}
assert by_ndim == {"0.weight_ih_l0", "0.weight_hh_l0"}
