# %% [markdown] lang="zh"
# # 图像、框与掩码的变换 { #transforms }
#
# 检测和分割的数据增强不只改图像：框和掩码要跟着动。torchvision 的 `transforms.v2` 看类型办事：`tv_tensors.Image`、`BoundingBoxes`、`Mask` 各按自己的规则变换，一次调用里用同一组随机参数。下面的场景有一个 F（翻转和旋转都看得出来）和一个圆，各带一个框和一个掩码。
# %% [markdown] lang="en"
# # Transforming images, boxes, and masks { #transforms }
#
# Augmentation for detection and segmentation changes more than the image: boxes and masks must move along. torchvision's `transforms.v2` goes by type: `tv_tensors.Image`, `BoundingBoxes`, and `Mask` are each transformed by their own rules, with the same random parameters within one call. The scene below has an F, which shows flips and rotations, and a disc, each with a box and a mask.
# %%
import matplotlib.pyplot as plt
import torch
from matplotlib.patches import Rectangle
from torchvision import tv_tensors
from torchvision.ops import box_area, masks_to_boxes
from torchvision.transforms import v2
from torchvision.utils import make_grid

height, width = 120, 160
y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
disc = (x - 120) ** 2 + (y - 70) ** 2 < 28**2
stem = (x >= 25) & (x < 37) & (y >= 25) & (y < 95)
bars = (x >= 25) & (x < 65) & ((y >= 25) & (y < 37) | (y >= 52) & (y < 64))
masks = torch.stack([stem | bars, disc])

image = torch.stack([150 + y // 4, 190 - y // 3, 215 - y // 2])
for mask, color in zip(masks, ([90, 80, 150], [215, 125, 70])):
    image = torch.where(mask, torch.tensor(color).view(3, 1, 1), image)
image = tv_tensors.Image(image.to(torch.uint8))
target = {
    "boxes": tv_tensors.BoundingBoxes(
        masks_to_boxes(masks) + torch.tensor([0, 0, 1, 1]),  # 右、下边界不含 | exclusive
        format="XYXY",
        canvas_size=(height, width),
    ),
    "masks": tv_tensors.Mask(masks),
    "labels": torch.tensor([0, 1]),
}


def show(ax, image, target, title):
    ax.imshow(image.permute(1, 2, 0), interpolation="none")
    for box, mask, label in zip(target["boxes"], target["masks"], target["labels"]):
        color = f"C{1 - label}"
        x1, y1, x2, y2 = box.tolist()
        corner = (x1 - 0.5, y1 - 0.5)  # 像素中心在整数处 | pixel centers are integers
        frame = Rectangle(corner, x2 - x1, y2 - y1, fill=False, color=color, lw=2)
        ax.add_patch(frame)
        every = mask[::2, ::2]  # 轮廓的点少一半 | half the points of an outline
        at = range(0, mask.shape[1], 2), range(0, mask.shape[0], 2)
        ax.contour(*at, every, [0.5], colors=color, linestyles=":", linewidths=1.5)
    ax.set_title(title)
    ax.axis("off")


print(target["boxes"].tolist())
# %% [markdown] lang="zh"
# ## 一起动 { #together }
#
# 实线是框，虚线是掩码的轮廓。翻转、裁剪、旋转把三者一起搬动，标签保持对应。
#
# - 水平翻转：框的左右两边互换，仍然是左上角在前。
# - 裁剪：框被截到画布以内；整个落在外面的物体剩下一个空框。
# - `SanitizeBoundingBoxes` 去掉空框（默认是宽或高不到 1 像素的），同时去掉对应的掩码和标签。放在几何变换之后。
# - 旋转：`XYXY` 格式的框，边总与坐标轴平行，所以变成包住旋转后四个角的矩形，再截到画布以内（`XYXYXYXY`、`CXCYWHR` 这类旋转框的格式则跟着转）。空出来的角在图像里填灰色，在掩码里填 0：`fill` 可以按类型给。
# %% [markdown] lang="en"
# ## They move together { #together }
#
# Solid lines are boxes, dotted ones outline the masks. Flips, crops, and rotations move all three, and labels stay with their objects.
#
# - Horizontal flip: the left and the right side of a box change places, and its top left corner still comes first.
# - Crop: boxes are cut at the canvas. An object wholly outside keeps an empty box.
# - `SanitizeBoundingBoxes` drops empty boxes (by default those less than 1 pixel wide or high), together with their masks and labels. Put it after the geometric transforms.
# - Rotation: in the format `XYXY`, the sides of a box are parallel to the axes, so it becomes the rectangle around its four rotated corners, cut at the canvas. (Formats of rotated boxes, such as `XYXYXYXY` and `CXCYWHR`, turn along.) The empty corners are filled with gray in the image and with 0 in the masks: `fill` takes a value per type.
# %% zh="四幅图：原图有 F 和圆；水平翻转后两者左右互换，框和掩码跟着动；裁剪只剩下圆，F 连同它的框被去掉；旋转后框变大，仍与坐标轴平行。" en="Four pictures: the original with an F and a disc; flipped, both change sides with their boxes and masks; cropped, only the disc is left, the F is dropped with its box; rotated, the boxes are larger and still parallel to the axes."
flip = v2.RandomHorizontalFlip(p=1)
crop = v2.Compose([v2.RandomCrop(80), v2.SanitizeBoundingBoxes()])
fill = {tv_tensors.Image: 128, "others": 0}
rotate = v2.RandomRotation((30, 30), fill=fill)

fig, axes = plt.subplots(2, 2, figsize=(7.2, 5.8))
show(axes[0, 0], image, target, "原图 | original")
show(axes[0, 1], *flip(image, target), "RandomHorizontalFlip")
torch.manual_seed(6)
show(axes[1, 0], *crop(image, target), "RandomCrop")
show(axes[1, 1], *rotate(image, target), "RandomRotation")
plt.show()
# %% [markdown] lang="zh"
# ## 旋转之后，框变松 { #loose-boxes }
#
# 变换只知道框的四个角，不知道物体的形状。圆转多少度都是同一个圆，它的框（`XYXY`）却随角度变大，到 45° 时面积是原来的两倍；左图的实线是变换得到的框，虚线是由旋转后的掩码重新求得的框。有掩码就在变换之后用 `masks_to_boxes` 重算；没有掩码，旋转角度取小一些。
# %% [markdown] lang="en"
# ## After a rotation, boxes are loose { #loose-boxes }
#
# A transform knows the four corners of a box, not the shape of the object. A disc stays the same disc at every angle, yet its `XYXY` box grows with the angle, up to twice the area at 45°. On the left, the solid line is the transformed box, the dashed one is computed anew from the rotated mask. With masks, recompute boxes with `masks_to_boxes` after the transforms. Without masks, keep the angles small.
# %% zh="左：旋转后的场景，圆的变换后的框比由掩码重算的框大得多。右：折线图，圆的框面积随角度上升，45° 时为 2 倍，到 90° 又回到 1 倍；由掩码重算的一直接近 1 倍。" en="Left: the rotated scene, the transformed box of the disc is much larger than the one computed from its mask. Right: line chart, the area of the box of the disc grows with the angle to 2 times at 45°, and is back at 1 at 90°; that computed from the mask stays near 1."
angles = list(range(0, 91, 5))
ratios = {"box": [], "mask": []}
for angle in angles:
    turned = v2.RandomRotation((angle, angle), expand=True)(image, target)[1]
    from_masks = masks_to_boxes(turned["masks"]) + torch.tensor([0, 0, 1, 1])
    for name, boxes in (("box", turned["boxes"]), ("mask", from_masks)):
        ratios[name].append((box_area(boxes) / box_area(target["boxes"]))[1].item())

fig, (left, right) = plt.subplots(1, 2, figsize=(7.2, 2.9))
turned_image, turned = v2.RandomRotation((30, 30), fill=fill)(image, target)
show(left, turned_image, turned, "30°")
for x1, y1, x2, y2 in masks_to_boxes(turned["masks"]).tolist():
    frame = Rectangle((x1 - 0.5, y1 - 0.5), x2 - x1 + 1, y2 - y1 + 1)
    frame.set(fill=False, linestyle="--", color="C4", linewidth=2)
    left.add_patch(frame)
right.plot(angles, ratios["box"], color="C0")
right.plot(angles, ratios["mask"], "--", color="C4")
right.text(45, 2.07, "变换后的框 | transformed box", color="C0", ha="center")
right.text(45, 1.1, "由掩码重算 | from the mask", color="C4", ha="center")
right.set(xlim=(0, 90), ylim=(0.9, 2.3), xticks=[0, 30, 60, 90], yticks=[1, 1.5, 2])
right.set_xlabel("角度（度） | angle (degrees)")
right.set_ylabel("圆的框的面积之比 | box area of the disc, ratio")
plt.show()
# %% [markdown] lang="zh"
# ## 掩码不插值 { #interpolation }
#
# 圆的分割标签（圆是类别 3，其余是 0）缩小到 12 × 9 像素。作为 `Image` 缩放，边缘是插值出来的中间值；标签里这样的值是错的：类别 0 和 3 的交界处出现了 1 和 2，那是另外的类别。作为 `Mask` 缩放，取的是最近的像素，值还是原来那几个。所以分割标签要包成 `tv_tensors.Mask`。单独传一个普通张量，v2 把它当作图像；与 `Image` 一起传，普通张量则原样不动，标签与图像从此错位。
# %% [markdown] lang="en"
# ## Masks are not interpolated { #interpolation }
#
# The segmentation labels of the disc (class 3 on it, 0 elsewhere), resized to 12 × 9 pixels. Resized as an `Image`, the edge gets interpolated values, which are wrong in labels: between classes 0 and 3 there are now 1 and 2, which are other classes. Resized as a `Mask`, each pixel takes the nearest value, and no new ones appear. So wrap segmentation labels in `tv_tensors.Mask`. A plain tensor on its own counts as an image in v2; passed along with an `Image`, it stays as it is, and labels and image no longer match.
# %% zh="两幅放大的图，格子里写着类别：左边作为 Image 缩小，圆的边缘出现 1 和 2；右边作为 Mask 缩小，只有 0 和 3。" en="Two magnified pictures with the classes in their boxes: on the left, resized as an Image, 1 and 2 appear at the edge of the disc; on the right, resized as a Mask, there are 0 and 3 only."
classes = 3 * disc[None].to(torch.uint8)
resize = v2.Resize((9, 12))

fig, axes = plt.subplots(1, 2, figsize=(7.2, 2.8))
for ax, kind in zip(axes, (tv_tensors.Image, tv_tensors.Mask)):
    small = resize(kind(classes))
    ax.imshow(small[0], cmap="Blues", vmin=-0.5, vmax=6, interpolation="none")
    for i, j in small[0].nonzero().tolist():
        ax.text(j, i, small[0, i, j].item(), ha="center", va="center", fontsize=12)
    ax.set_title(f"{kind.__name__}: {small.unique().tolist()}")
    ax.axis("off")
plt.show()
# %% [markdown] lang="zh"
# ## 颜色只改图像 { #color }
#
# `ColorJitter`、`GaussianBlur`、`Normalize` 和 `ToDtype(torch.float32, scale=True)` 只作用于图像，框和掩码原样返回。`RandomErasing` 盖住一块图像，目前也不改掩码和框：一起传进去只会得到一个警告，被盖住的物体仍然算数。
# %% [markdown] lang="en"
# ## Color changes the image alone { #color }
#
# `ColorJitter`, `GaussianBlur`, `Normalize`, and `ToDtype(torch.float32, scale=True)` act on the image only; boxes and masks come back as they were. `RandomErasing` covers a part of the image, and for now leaves masks and boxes alone too: passed along, they only bring a warning, and an object under the cover still counts.
# %% zh="两幅图：左边颜色变了，框和轮廓不变；右边图像被一块灰色矩形盖住一部分，框和轮廓仍完整。" en="Two pictures: on the left the colors have changed, boxes and outlines have not; on the right a gray rectangle covers a part of the image, boxes and outlines are still complete."
torch.manual_seed(4)
jitter = v2.ColorJitter(brightness=0.3, saturation=0.5, hue=0.3)
erase = v2.RandomErasing(p=1, scale=(0.1, 0.2), value=[128, 128, 128])

fig, axes = plt.subplots(1, 2, figsize=(7.2, 2.9))
show(axes[0], *jitter(image, target), "ColorJitter")
show(axes[1], erase(image), target, "RandomErasing")
plt.show()
# %% [markdown] lang="zh"
# ## 一批抽一次，还是每张抽一次 { #batch }
#
# 裁剪的位置、是否翻转这类随机参数，每次调用抽一次。整批图像放进一次调用，四张得到同样的裁剪；要每张不同，就逐张调用再堆起来，或者放在 `Dataset` 里，每个样本调用一次。
# %% [markdown] lang="en"
# ## One draw per batch or per image { #batch }
#
# Random parameters, such as the place of a crop or whether to flip, are drawn once per call. With the whole batch in one call, all four images get the same crop. For different crops, call the transform per image and stack the results, or put it into the `Dataset`, which calls it once per sample.
# %% zh="两组各四张小图：左边整批一次变换，四张相同；右边逐张变换，四张各不相同。" en="Two groups of four small pictures: on the left, transformed as a batch, all four are the same; on the right, transformed one by one, they all differ."
torch.manual_seed(1)
augment = v2.Compose([v2.RandomCrop(72), v2.RandomHorizontalFlip()])
images = image.expand(4, -1, -1, -1)
once = augment(images)
each = torch.stack([augment(image) for image in images])
print(len(once.unique(dim=0)), len(each.unique(dim=0)))

fig, axes = plt.subplots(1, 2, figsize=(7.2, 3.6))
for ax, batch in zip(axes, (once, each)):
    grid = make_grid(batch, nrow=2, padding=4, pad_value=128)
    ax.imshow(grid.permute(1, 2, 0), interpolation="none")
    ax.axis("off")
axes[0].set_title("整批一次 | one call for the batch")
axes[1].set_title("逐张一次 | one call per image")
plt.show()
# %% [markdown] lang="zh"
# 相关条目：[图像变换](../data/datasets.md#transforms) · [自定义数据集](../data/datasets.md#custom-dataset) · [DataLoader 提速](../data/loading.md#dataloader-speed)
# %% [markdown] lang="en"
# Entries: [Image transforms](../data/datasets.md#transforms) · [A custom Dataset](../data/datasets.md#custom-dataset) · [Feeding data fast](../data/loading.md#dataloader-speed)
