# %% [markdown] lang="zh"
# # 注意力的掩码与权重 { #attention }
#
# 每个查询对所有键的打分经 softmax 成为权重，只要有键可看，一行之和就是 1；掩码在 softmax 之前把不许看的键去掉。图中一行是一个查询，一列是一个键，颜色越深权重越大，空白是 0。
# %% [markdown] lang="en"
# # Attention masks and weights { #attention }
#
# The scores of a query for all keys become weights by softmax, and each row sums to 1, provided that it may see a key. A mask removes keys before the softmax. In the pictures, a row is a query, a column is a key; the stronger the color, the larger the weight, and empty is 0.
# %%
import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from matplotlib.colors import to_rgba
from torch import nn

torch.set_num_threads(1)  # 张量很小，一个线程就够 | small tensors need one thread only
torch.manual_seed(0)


def heat(ax, weights, title, color="C0"):
    image = torch.tensor(to_rgba(color)).repeat(*weights.shape, 1)
    image[..., 3] = weights  # 透明度是权重 | the opacity is the weight
    ax.imshow(image, aspect="auto", interpolation="none")
    queries, keys = weights.shape
    ax.set_xticks(range(0, keys, 1 + keys // 8))
    ax.set_yticks(range(0, queries, 1 + queries // 8))
    ax.set_xticks([k - 0.5 for k in range(keys + 1)], minor=True)
    ax.set_yticks([q - 0.5 for q in range(queries + 1)], minor=True)
    ax.grid(False)
    ax.grid(True, which="minor", alpha=0.7)
    ax.tick_params(which="minor", length=0)
    ax.set_title(title, loc="left")
    ax.set_xlabel("键 | key")
    ax.set_ylabel("查询 | query")


# %% [markdown] lang="zh"
# ## 因果掩码与填充掩码 { #masks }
#
# 前三幅是掩码，有颜色的格子是 `True`：在 `scaled_dot_product_attention` 中表示可以看，`nn.MultiheadAttention` 的布尔掩码正相反。因果掩码是下三角：第 i 个查询看第 0 到 i 个键。填充掩码盖住的是列：序列长 4，补到 6，最后两个键谁也不许看。两者用 `&` 合起来，就是这一条序列的掩码。第四幅是用它算出的权重：被掩掉的恰好是 0，剩下的重新归一。这里打分全相同，所以第 i 行每格是 1/(i + 1)，到第 3 行为止；第 4、5 行是填充位置自己的查询，照样有输出，算损失时要去掉。
# %% [markdown] lang="en"
# ## Causal and padding masks { #masks }
#
# The first three are masks; a colored box is `True`, which in `scaled_dot_product_attention` means: may be seen (boolean masks of `nn.MultiheadAttention` mean the opposite). The causal mask is a lower triangle: query i sees keys 0 to i. The padding mask covers columns: a sequence of length 4 is padded to 6, and no query may see the last two keys. Combined by `&`, they are the mask of this sequence. The fourth picture shows the weights under it: masked keys have exactly 0, the others share the 1. All scores are equal here, so each box of row i is 1/(i + 1), up to row 3. Rows 4 and 5 are the queries of the padding itself: they have outputs too, which must be left out of the loss.
# %% zh="四幅方格图：因果掩码是下三角；填充掩码空出最后两列；两者之与是空出最后两列的下三角；权重与它同形，越往下的行越淡，因为同样的 1 分给更多的键。" en="Four grids: the causal mask is a lower triangle; the padding mask leaves the last two columns empty; both combined are the triangle without these columns; the weights have this shape, fainter in lower rows, where the same 1 is shared by more keys."
length = torch.tensor(4)
causal = torch.ones(6, 6, dtype=torch.bool).tril()
padding = (torch.arange(6) < length).expand(6, 6)
both = causal & padding

# v 是单位矩阵时，输出就是权重 | with the identity as v, the output is the weights
q = k = torch.zeros(1, 1, 6, 8)
v = torch.eye(6)[None, None]
weights = F.scaled_dot_product_attention(q, k, v, attn_mask=both)[0, 0]

fig, axes = plt.subplots(2, 2, figsize=(7.2, 6.4))
heat(axes[0, 0], 0.6 * causal, "因果 | causal", "C2")
heat(axes[0, 1], 0.6 * padding, "填充 | padding", "C2")
heat(axes[1, 0], 0.6 * both, "因果 & 填充 | causal & padding", "C2")
heat(axes[1, 1], weights, "权重 | weights")
for ax in axes.flat:
    ax.label_outer()
plt.show()
# %%
for row in weights:
    print(*(f"{weight:.2f}" for weight in row))
# %% [markdown] lang="zh"
# ## 有缓存时的因果掩码 { #cache }
#
# 生成时键和值放在缓存里，查询只有新来的几个：这里是 2 个查询、6 个键。`is_causal=True` 把三角对齐到左上角，新来的第一个查询只看见第 0 个键；该看见的是前 5 个。把三角对齐到右下角：`tril(diagonal=keys - queries)`，再作为 `attn_mask` 传入。每次只来一个查询时，缓存里的键它都能看，不需要因果掩码。
# %% [markdown] lang="en"
# ## A causal mask with a cache { #cache }
#
# In generation, keys and values are cached, and only the new queries come in: here 2 queries and 6 keys. `is_causal=True` aligns the triangle at the top left, so the first new query sees key 0 only; it should see the first 5. Align the triangle at the bottom right by `tril(diagonal=keys - queries)`, and pass it as `attn_mask`. A single new query may see all keys in the cache, and needs no causal mask.
# %% zh="两幅权重图，各有 2 个查询和 6 个键：is_causal=True 时两行只看第 0 个和前 2 个键；右下对齐的掩码让两行看前 5 个和全部 6 个。" en="Two pictures of weights, 2 queries by 6 keys: with is_causal=True, the rows see key 0 and the first 2 keys; with the mask aligned at the bottom right, the first 5 and all 6."
new = q[:, :, :2]
top_left = F.scaled_dot_product_attention(new, k, v, is_causal=True)[0, 0]
mask = torch.ones(2, 6, dtype=torch.bool).tril(diagonal=6 - 2)
bottom_right = F.scaled_dot_product_attention(new, k, v, attn_mask=mask)[0, 0]

fig, axes = plt.subplots(2, 1, figsize=(7.2, 4.4))
heat(axes[0], top_left, "is_causal=True", "C1")
heat(axes[1], bottom_right, "attn_mask=tril(diagonal=6 - 2)")
plt.show()
# %% [markdown] lang="zh"
# ## 训练出来的权重 { #trained }
#
# 任务是把 12 个随机 token 倒过来输出，模型只有一个注意力头。token 是随机的，所以该看哪里只能由位置决定：第 i 个输出要看第 11 − i 个输入。训练前的权重大致均匀，训练后集中在反对角线上：这个任务里，权重图说明了模型怎样做。层多、头多的模型里，权重大不等于影响大，不能单凭它解释输出。
# %% [markdown] lang="en"
# ## Weights of a trained head { #trained }
#
# The task is to output 12 random tokens in reverse, with a single attention head. The tokens are random, so only positions can tell where to look: output i needs input 11 − i. Before training, the weights are rather even; afterwards, they lie on the antidiagonal. In this task, the picture tells how the model does it. With many layers and heads, a large weight need not mean a large influence, and weights alone do not explain an output.
# %% zh="两幅 12 乘 12 的权重图：训练前各格都淡，大致均匀；训练后只有反对角线深，第 i 个查询看第 11 − i 个键。" en="Two 12 by 12 pictures of weights: before training, all boxes are faint and rather even; after it, only the antidiagonal is strong: query i looks at key 11 − i."
vocab, positions, dim = 8, 12, 32


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.token = nn.Embedding(vocab, dim)
        self.position = nn.Embedding(positions, dim)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, vocab)

    def forward(self, tokens):
        x = self.token(tokens) + self.position.weight
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        weights = (q @ k.mT / dim**0.5).softmax(dim=-1)
        return self.out(weights @ v), weights


model = Head()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
test = torch.randint(vocab, (256, positions))
with torch.no_grad():
    before = model(test)[1].mean(dim=0)
for _ in range(120):
    tokens = torch.randint(vocab, (64, positions))
    logits, _ = model(tokens)
    loss = F.cross_entropy(logits.flatten(0, 1), tokens.flip(1).flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
with torch.no_grad():
    logits, weights = model(test)
    after = weights.mean(dim=0)

fig, axes = plt.subplots(1, 2, figsize=(7.2, 3.8), sharey=True)
heat(axes[0], before, "训练前 | before training", "C1")
heat(axes[1], after, "训练后 | after training")
axes[1].set_ylabel("")
plt.show()
# %%
print((logits.argmax(-1) == test.flip(1)).float().mean().item())
# %% [markdown] lang="zh"
# 条目：[注意力 SDPA](../models/attention.md#sdpa) · [注意力掩码与填充](../models/attention.md#attention-masks) · [where 与 masked_fill](../tensors/indexing.md#where-masked-fill)
# %% [markdown] lang="en"
# Entries: [Scaled dot-product attention](../models/attention.md#sdpa) · [Attention masks and padding](../models/attention.md#attention-masks) · [where and masked_fill](../tensors/indexing.md#where-masked-fill)
