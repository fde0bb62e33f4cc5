import torch
import torch.nn.functional as F

N, C, L, K = 8, 5, 6, 2  # 样本、类别、长度、输出 | samples, classes, length, outputs
x = torch.randn(N, C)
labels = torch.randint(C, (N,))  # int64
scores, flags = torch.randn(N), torch.randint(2, (N,)).float()
tags = torch.randint(2, (N, C)).float()
tokens, words = torch.randn(N, L, C), torch.randint(C, (N, L))
pred, y = torch.randn(N, K), torch.randn(N, K)
rates, counts = torch.randn(N), torch.poisson(torch.full((N,), 3.0))
teacher = torch.randn(N, C).softmax(dim=1)
a, p, n = torch.randn(3, N, 16)

#[
# 多分类，单标签 | one of C classes
loss = F.cross_entropy(x, labels)
# 序列、语言模型 | sequences, language models
loss = F.cross_entropy(tokens.flatten(0, 1), words.flatten())
# 二分类 | binary
loss = F.binary_cross_entropy_with_logits(scores, flags)
# 多标签 | multi-label
loss = F.binary_cross_entropy_with_logits(x, tags)
# 回归；有离群值用 smooth_l1_loss | with outliers: smooth_l1_loss
loss = F.mse_loss(pred, y)
# 计数，输出为 log 均值 | counts, the output is the log of the mean
loss = F.poisson_nll_loss(rates, counts)
# 拟合分布、蒸馏 | match a distribution, distillation
loss = F.kl_div(x.log_softmax(1), teacher, reduction="batchmean")
# 嵌入：a 靠近 p，远离 n | embeddings: a near p, far from n
loss = F.triplet_margin_loss(a, p, n)
#]
print(loss.shape)
#> torch.Size([])
