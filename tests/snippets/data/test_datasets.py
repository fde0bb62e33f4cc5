import inspect
import io
import itertools
import os
import pickle
import subprocess
import sys
import zlib

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import (
    DataLoader,
    Dataset,
    IterableDataset,
    TensorDataset,
    default_collate,
    get_worker_info,
    random_split,
)
from torchvision import tv_tensors
from torchvision.datasets import ImageFolder
from torchvision.ops import masks_to_boxes
from torchvision.transforms import v2

READER = {
    "dataloader_basics": """
train_set = val_set = TensorDataset(torch.randn(64, 4), torch.zeros(64))
""",
    "collate_variable_length": """
dataset = [(torch.arange(n), n % 2) for n in (2, 4, 1, 3)]
""",
    "transforms": """
image = torch.zeros(3, 300, 280, dtype=torch.uint8)
""",
}


@pytest.mark.claim(
    "data/datasets#custom-dataset",
    "__getitem__ reads one sample and returns it, without a batch dimension",
)
def test_custom_dataset(run):
    names = run("data/datasets/custom_dataset.py")
    dataset, images = names["dataset"], names["images"]
    assert len(dataset) == 3 and names["labels"].tolist() == [0, 0, 1]
    assert images.shape == (3, 3, 8, 10) and images.amax() == 1
    with pytest.raises(FileNotFoundError):
        dataset[0]  # lazy: the folder is gone by now


def test_custom_dataset_reads_gray_images_as_rgb(run, tmp_path):
    images = run("data/datasets/custom_dataset.py")["Images"]
    Image.new("L", (6, 4)).save(tmp_path / "gray.png")
    image, label = images([(tmp_path / "gray.png", 7)], np.asarray)[0]
    assert image.shape == (4, 6, 3) and image.dtype == np.uint8 and label == 7


@pytest.mark.claim(
    "data/datasets#custom-dataset",
    "Numbers, arrays, and tensors are stacked, and dicts and tuples keep their structure",
    "A Python float and a NumPy array can bring float64 into the batch, "
    "and a list comes out transposed",
)
def test_custom_dataset_types(run):
    names = run("data/datasets/custom_dataset_types.py")
    sample, batch = names["sample"], names["batch"]
    assert {k: v.dtype for k, v in batch.items() if torch.is_tensor(v)} == {
        "tensor": torch.float32,
        "array": torch.float64,
        "int": torch.int64,
        "float": torch.float64,
    }
    loaded = next(iter(DataLoader([sample] * 3, batch_size=3)))
    assert str(loaded) == str(batch)
    assert type(default_collate([(1, 2)] * 3)) in (tuple, list)
    assert len(default_collate([(1, 2)] * 3)) == len(default_collate([[1, 2]] * 3)) == 2
    assert default_collate([np.float32(1)]).dtype == torch.float32  # "can": not every array
    with pytest.raises(RuntimeError, match=r"Float|Double|dtype"):
        torch.nn.Linear(2, 1)(batch["array"])


@pytest.mark.claim(
    "data/datasets#custom-dataset",
    "A memory-mapped array is pickled with all of its data",
)
def test_custom_dataset_lazy(run, tmp_path):
    rows = run("data/datasets/custom_dataset_lazy.py")["Rows"]
    array = np.random.default_rng(0).normal(size=(500, 20))
    np.save(tmp_path / "rows.npy", array)
    dataset = rows(tmp_path / "rows.npy")
    assert dataset.rows is None and len(dataset) == 500
    assert len(pickle.dumps(vars(dataset))) < 1000
    x = dataset[3]
    assert x.tolist() == array[3].tolist() and isinstance(dataset.rows, np.memmap)
    x.zero_()  # a copy: the file stays as it is
    assert dataset[3].tolist() == array[3].tolist()
    assert len(pickle.dumps(dataset.rows)) > array.nbytes
    fresh = rows(tmp_path / "rows.npy")
    loaded = torch.cat(list(DataLoader(fresh, batch_size=64, num_workers=2)))
    assert torch.equal(loaded, torch.tensor(array)) and fresh.rows is None


@pytest.mark.claim(
    "data/datasets#custom-dataset",
    "an open file cannot be pickled for spawn or forkserver (TypeError: cannot pickle), "
    "and under fork the processes share one position in it",
)
def test_custom_dataset_open_file(tmp_path):
    (tmp_path / "file").write_bytes(b"0123456789")
    with open(tmp_path / "file", "rb", buffering=0) as file:
        assert isinstance(file, io.RawIOBase)
        with pytest.raises(TypeError, match="cannot pickle"):
            pickle.dumps(file)
        child = os.fork()
        if not child:
            file.read(4)
            os._exit(0)
        os.waitpid(child, 0)
        assert file.read(1) == b"4"


@pytest.mark.claim(
    "data/datasets#custom-dataset",
    "None in place of a tensor, tuple, or dict raises TypeError, "
    "such as default_collate: batch must contain tensors",
)
def test_custom_dataset_none():
    for samples in ([None, None], [(torch.zeros(1), None)] * 2):
        with pytest.raises(TypeError, match=r"^default_collate: batch must contain tensors"):
            list(DataLoader(samples, batch_size=2))
    x = torch.zeros(1)
    for samples in ([x, None], [None, x], [(x, 1), None], [{"a": x}, None]):
        with pytest.raises(TypeError):
            list(DataLoader(samples, batch_size=2))


@pytest.mark.claim(
    "data/datasets#custom-dataset",
    "for sample in dataset asks for index 0, 1, 2, and so on until an IndexError, whatever len() says",
)
def test_custom_dataset_iteration_never_ends():
    class Endless(Dataset):
        def __len__(self):
            return 3

        def __getitem__(self, index):
            return index % 3

    dataset = Endless()
    assert list(itertools.islice(dataset, 7)) == [0, 1, 2, 0, 1, 2, 0]
    assert [dataset[i] for i in range(len(dataset))] == [0, 1, 2]
    assert torch.cat(list(DataLoader(dataset))).tolist() == [0, 1, 2]
    assert len(list(TensorDataset(torch.zeros(3)))) == 3  # its tensors raise IndexError


@pytest.mark.claim(
    "data/datasets#custom-dataset", "for one folder per class, ImageFolder", "suffices"
)
def test_custom_dataset_ready_made(tmp_path):
    x, y = torch.zeros(5, 2), torch.arange(5)
    assert TensorDataset(x, y)[3][1] == 3
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        Image.new("RGB", (4, 4)).save(tmp_path / name / "0.png")
    assert [label for _, label in ImageFolder(tmp_path)] == [0, 1]


@pytest.mark.claim(
    "data/datasets#custom-dataset",
    "Every worker runs its whole __iter__, so samples come twice with 2 workers, "
    "unless it divides the work by get_worker_info()",
)
def test_custom_dataset_stream():
    class Stream(IterableDataset):
        def __iter__(self):
            return iter(range(4))

    class Divided(IterableDataset):
        def __iter__(self):
            info = get_worker_info()
            start, step = (info.id, info.num_workers) if info else (0, 1)
            return iter(range(start, 4, step))

    def numbers(dataset, num_workers):
        return sorted(torch.cat(list(DataLoader(dataset, num_workers=num_workers))).tolist())

    assert numbers(Stream(), 0) == numbers(Divided(), 0) == numbers(Divided(), 2) == [0, 1, 2, 3]
    assert numbers(Stream(), 2) == [0, 0, 1, 1, 2, 2, 3, 3]


@pytest.mark.claim(
    "data/datasets#custom-dataset", "index the tensors with the chunks of a torch.randperm"
)
def test_custom_dataset_without_dataloader():
    x = torch.arange(10)
    parts = [x[part] for part in torch.randperm(len(x)).split(4)]
    assert [len(part) for part in parts] == [4, 4, 2]
    assert torch.cat(parts).sort().values.equal(x)


@pytest.mark.claim(
    "data/datasets#dataloader-basics",
    "For training, pass shuffle=True: each epoch gets a new random order",
    "For validation, do not shuffle, and keep every sample",
    "A batch has the structure of a sample, with the batch dimension in front",
)
def test_dataloader_basics(run):
    names = run("data/datasets/dataloader_basics.py")
    train, val = names["train_loader"], names["val_loader"]
    assert names["x"].device.type == names["y"].device.type == names["device"].type
    x, y = names["val_set"].tensors
    assert torch.equal(torch.cat([x for x, _ in val]), x)
    assert torch.equal(torch.cat([y for _, y in val]), y)
    epochs = [torch.cat([x for x, _ in train]) for _ in range(2)]
    assert not torch.equal(*epochs)
    for epoch in epochs:  # 96 of the 100 samples, none of them twice
        assert len(epoch) == len(epoch.unique(dim=0)) == 96
        assert (epoch[:, None] == names["train_set"].tensors[0]).all(dim=-1).any(dim=1).all()
    nested = next(iter(DataLoader([{"a": (torch.zeros(2), 1)}] * 3, batch_size=3)))
    assert nested["a"][0].shape == (3, 2) and nested["a"][1].shape == (3,)


def test_dataloader_basics_steps(run):
    names = run("data/datasets/dataloader_basics_steps.py")
    assert names["step"] == 7
    torch.manual_seed(0)
    labels = [y for _, (_, y) in zip(range(9), names["endless"](names["loader"]), strict=False)]
    epochs = [torch.cat(labels[i : i + 3]).tolist() for i in (0, 3, 6)]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]


@pytest.mark.claim(
    "data/datasets#dataloader-basics",
    "itertools.cycle(loader) keeps the first epoch in memory, "
    "and repeats its batches without shuffling",
    "Each iter(loader) starts a new epoch",
    "next(iter(loader)) in a loop gives a first batch each time",
)
def test_dataloader_basics_steps_not_by_cycle():
    loader = DataLoader(torch.arange(20), shuffle=True, batch_size=20)
    first, second, third = itertools.islice(itertools.cycle(loader), 3)
    assert first is second is third
    ordered = DataLoader(torch.arange(20), batch_size=4)
    assert [next(iter(ordered)).tolist() for _ in range(3)] == [[0, 1, 2, 3]] * 3


@pytest.mark.claim(
    "data/datasets#dataloader-basics",
    "can raise Expected more than 1 value per channel when training in BatchNorm",
    "drop_last=True leaves out an incomplete batch",
    "If the dataset is smaller than batch_size, nothing remains: len(loader) is 0, "
    "and the loop does not run, without an error",
)
def test_dataloader_basics_drop_last():
    data = torch.randn(9, 3)
    norm = torch.nn.BatchNorm1d(3)
    *full, last = DataLoader(data, batch_size=4)
    assert [len(x) for x in full] == [4, 4]
    with pytest.raises(ValueError, match="Expected more than 1 value per channel when training"):
        norm(last)
    # "can": positions count as values too
    torch.nn.BatchNorm2d(3)(torch.randn(1, 3, 2, 2))
    for x in DataLoader(data, batch_size=4, drop_last=True):
        norm(x)
    assert len(list(DataLoader(data[:8], batch_size=4, drop_last=True))) == 2
    small = DataLoader(data, batch_size=10, drop_last=True, shuffle=True)
    assert len(small) == len(list(small)) == 0


@pytest.mark.claim(
    "data/datasets#dataloader-basics",
    "If the last batch is smaller, the mean of the batch losses is not the mean over all samples",
    "Weight each by len(x)",
)
def test_dataloader_basics_mean():
    losses = torch.tensor([0.0, 0, 0, 0, 5])
    batches = list(DataLoader(losses, batch_size=4))
    assert sum(x.mean() for x in batches) / len(batches) == 2.5
    assert sum(x.mean() * len(x) for x in batches) / len(losses) == losses.mean() == 1


@pytest.mark.claim(
    "data/datasets#dataloader-basics",
    "raises sampler option is mutually exclusive with shuffle",
    "loader.batch_size = 64 raises ValueError",
    "loader[0] raises TypeError",
    "None if the dataset returns whole batches",
    "lists of indices, each of them a batch",
)
def test_dataloader_basics_arguments():
    data = torch.arange(6)
    with pytest.raises(ValueError, match="sampler option is mutually exclusive with shuffle"):
        DataLoader(data, shuffle=True, sampler=range(6))
    loader = DataLoader(data)
    with pytest.raises(ValueError, match="should not be set"):
        loader.batch_size = 64
    with pytest.raises(TypeError, match="not subscriptable"):
        loader[0]
    assert (loader.batch_size, loader.drop_last, loader.num_workers) == (1, False, 0)
    assert (loader.pin_memory, loader.persistent_workers) == (False, False)
    assert loader.generator is None and loader.collate_fn is default_collate
    assert torch.equal(torch.cat(list(loader)), data)  # in order by default
    whole = DataLoader(data.reshape(2, 3), batch_size=None)
    assert [x.tolist() for x in whole] == [[0, 1, 2], [3, 4, 5]]
    listed = DataLoader(data, batch_sampler=[[5, 1], [0]])
    assert [x.tolist() for x in listed] == [[5, 1], [0]]
    assert [x.tolist() for x in DataLoader(data, sampler=[4, 4])] == [[4], [4]]


@pytest.mark.claim(
    "data/datasets#dataloader-basics", "a seeded torch.Generator, for the same order in each run"
)
def test_dataloader_basics_generator():
    def order(seed):
        torch.rand(1)
        generator = torch.Generator().manual_seed(seed)
        loader = DataLoader(range(50), shuffle=True, generator=generator)
        return [torch.cat(list(loader)).tolist() for _ in range(2)]

    assert order(0) == order(0) != order(1)
    assert order(0)[0] != order(0)[1]


@pytest.mark.claim(
    "data/datasets#splits",
    "Call random_split with fractions and a seeded generator, "
    "so that the parts are the same in the next run",
)
def test_splits(run):
    names = run("data/datasets/splits.py")
    parts = [names[name].indices for name in ("train_set", "val_set", "test_set")]
    assert sorted(i for part in parts for i in part) == list(range(100))
    torch.rand(3)
    again = run("data/datasets/splits.py")
    assert parts == [again[name].indices for name in ("train_set", "val_set", "test_set")]
    assert parts[0] != sorted(parts[0])
    data = names["dataset"]
    assert random_split(data, [0.8, 0.2])[1].indices != random_split(data, [0.8, 0.2])[1].indices


@pytest.mark.claim(
    "data/datasets#splits",
    "For different transforms in each part, split the list of samples first, "
    "and make a Dataset of each",
)
def test_splits_transforms(run):
    names = run("data/datasets/splits_transforms.py")
    train, val = names["train_set"], names["val_set"]
    image, label = names["val_samples"][1]
    assert torch.equal(val[1][0], image[:, 1:7, 1:7]) and val[1][1] == label
    torch.manual_seed(0)
    assert len({train[0][0].sum().item() for _ in range(20)}) > 1
    assert torch.equal(val[1][0], val[1][0])
    seen = sorted(names["train_samples"].indices + names["val_samples"].indices)
    assert seen == list(range(10))


@pytest.mark.claim(
    "data/datasets#splits",
    "val_set.transform = … changes nothing: a Subset does not use this attribute",
    "val_set.dataset.transform = … changes all parts, because they share the dataset",
)
def test_splits_transforms_by_assignment():
    class Numbers(Dataset):
        transform = staticmethod(int)

        def __len__(self):
            return 10

        def __getitem__(self, index):
            return self.transform(index)

    train_set, val_set = random_split(Numbers(), [0.8, 0.2])
    before = list(train_set), list(val_set)
    val_set.transform = str
    assert (list(train_set), list(val_set)) == before
    val_set.dataset.transform = str
    assert {type(x) for part in (train_set, val_set) for x in part} == {str}


@pytest.mark.claim(
    "data/datasets#splits",
    "With rare classes, split each class by itself",
    "With fraction=0.2, stratified_split gives no validation sample to a class of 2",
    "It sorts by class, so shuffle in training",
)
def test_splits_stratified(run):
    names = run("data/datasets/splits_stratified.py")
    split, labels = names["stratified_split"], names["labels"]
    rows = torch.cat([names["train_rows"], names["val_rows"]])
    assert rows.sort().values.equal(torch.arange(100))
    assert names["val_set"].indices == names["val_rows"].tolist()
    assert names["train_set"].indices == names["train_rows"].tolist()
    generator = torch.Generator().manual_seed(0)
    assert split(labels, 0.2, generator)[1].equal(names["val_rows"])
    assert not split(labels, 0.2, generator)[1].equal(names["val_rows"])
    assert labels[names["val_rows"]].diff().min() == 0  # sorted
    for size, expected in ((1, 0), (2, 0), (3, 1), (10, 2)):
        labels = torch.tensor([4] * 50 + [7] * size)
        train, val = split(labels, 0.2)
        assert (labels[val] == 7).sum() == expected and (labels[val] == 4).sum() == 10
        assert len(train) + len(val) == len(labels)


@pytest.mark.claim(
    "data/datasets#splits",
    "If samples belong together, such as the images of one patient or the frames of one video, "
    "split by group",
)
def test_splits_groups(run):
    names = run("data/datasets/splits_groups.py")
    train, val = names["train_set"].indices, names["val_set"].indices
    assert sorted(train + val) == list(range(12)) and val
    patients = names["patients"]
    assert not set(patients[train].tolist()) & set(patients[val].tolist())
    assert names["val_ids"] == set(names["ids"][:2].tolist())
    assert not names["ids"].equal(patients.unique())  # in a random order
    assert patients[names["train_set"].indices].tolist() == [
        patient.item() for _, patient in names["train_set"]
    ]


@pytest.mark.claim(
    "data/datasets#splits",
    "If the dataset grows, the same seed gives another split, "
    "and samples can move from training to test",
    "Save val_set.indices, or choose by zlib.crc32 of the file name",
    "Python's hash of a string changes from run to run",
)
def test_splits_of_a_grown_dataset():
    def parts(n):
        generator = torch.Generator().manual_seed(0)
        return [set(p.indices) for p in random_split(range(n), [0.8, 0.2], generator=generator)]

    (train, _), (_, test) = parts(100), parts(101)
    assert train & test
    assert [zlib.crc32(name.encode()) % 10 for name in ("0.png", "1.png")] == [6, 6]
    code = "print(hash('0.png'))"
    printed = {
        subprocess.run(
            [sys.executable, "-S", "-c", code],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("random", "1", "2")
    }
    assert len(printed) == 3


@pytest.mark.claim(
    "data/datasets#splits",
    "Fractions must add up to 1, and sizes to len(dataset), or random_split raises "
    "Sum of input lengths does not equal the length of the input dataset!",
    "Sizes are rounded down, and what remains goes to the first parts, 1 sample each",
    "An empty part of the split gives only a warning, and a DataLoader with shuffle=True "
    "then raises num_samples should be a positive integer value",
)
def test_splits_sizes():
    for fractions in ([0.7, 0.2], [0.9, 0.2], [0.5], [70, 20]):
        with pytest.raises(ValueError, match=r"^Sum of input lengths does not equal the length"):
            random_split(range(100), fractions)
    for n, sizes in ((101, [81, 10, 10]), (109, [88, 11, 10]), (99, [80, 10, 9])):
        assert [len(part) for part in random_split(range(n), [0.8, 0.1, 0.1])] == sizes
    assert len(random_split(range(10), [0.7, 0.2, 0.1])[0]) == 7  # their sum is below 1 in floats
    with pytest.warns(UserWarning, match="Length of split at index 1 is 0"):
        parts = random_split(range(3), [0.9, 0.1])
    assert [len(part) for part in parts] == [3, 0] and not list(DataLoader(parts[1]))
    with pytest.raises(ValueError, match="num_samples should be a positive integer value"):
        DataLoader(parts[1], shuffle=True)


@pytest.mark.claim(
    "data/datasets#transforms",
    "Augment only in training; scale and normalize in the same way in training and evaluation",
    "ToImage alone leaves uint8 as it is",
)
def test_transforms(run):
    names = run("data/datasets/transforms.py")
    image, train, evaluate = names["image"], names["train_transform"], names["eval_transform"]
    expected = (torch.tensor([255, 165, 0]) / 255 - torch.tensor(names["mean"])) / torch.tensor(
        names["std"]
    )
    for transform in (train, evaluate):
        x = transform(image)
        assert x.shape == (3, 224, 224) and x.dtype == torch.float32
        torch.testing.assert_close(torch.as_tensor(x[:, 100, 100]), expected)
    noise = Image.fromarray(
        np.random.default_rng(0).integers(256, size=(280, 300, 3), dtype="uint8")
    )
    torch.manual_seed(0)
    assert not torch.equal(train(noise), train(noise))
    assert torch.equal(evaluate(noise), evaluate(noise))
    assert v2.ToImage()(image).dtype == torch.uint8


@pytest.mark.claim(
    "data/datasets#transforms",
    "Without convert, a palette image (mode P) gives the numbers of its colors, with no error, "
    "and RGBA gives 4 channels, for which Normalize raises",
)
def test_transforms_image_modes(run):
    evaluate, image = (
        run("data/datasets/transforms.py")[name] for name in ("eval_transform", "image")
    )
    expected = evaluate(image)
    palette, alpha = image.quantize(4), image.convert("RGBA")
    assert palette.mode == "P" and alpha.mode == "RGBA"
    assert evaluate(palette).shape == expected.shape
    assert not torch.allclose(evaluate(palette), expected, atol=0.1)
    with pytest.raises(RuntimeError, match=r"size of tensor a \(4\)"):
        evaluate(alpha)
    for other in (palette, alpha):
        torch.testing.assert_close(evaluate(other.convert("RGB")), expected, atol=0.1, rtol=0)


@pytest.mark.claim(
    "data/datasets#transforms",
    "wrap boxes and masks in tv_tensors, and pass them in one call with the image",
    "Each then moves as it must",
)
def test_transforms_boxes(run):
    names = run("data/datasets/transforms_boxes.py")
    image, target = names["image"], names["target"]
    assert image.dtype == torch.float32 and target["masks"].dtype == torch.bool
    assert torch.equal(image[0].bool(), target["masks"][0])
    x1, y1, x2, y2 = target["boxes"][0].tolist()
    inside = torch.zeros(4, 4, dtype=torch.bool)
    inside[y1:y2, x1:x2] = True
    assert torch.equal(inside, target["masks"][0]) and inside.any()
    assert target["boxes"].canvas_size == (4, 4) and target["labels"].tolist() == [7]


EDGE = torch.tensor([0, 0, 1, 1])  # masks_to_boxes counts the last pixel, XYXY what follows it


def test_transforms_boxes_move_together_at_random():
    for seed in range(8):
        torch.manual_seed(seed)
        moves_together()


def moves_together():
    mask = torch.zeros(1, 40, 60, dtype=torch.bool)
    mask[:, 12:24, 8:40] = True
    boxes = tv_tensors.BoundingBoxes([[8, 12, 40, 24]], format="XYXY", canvas_size=(40, 60))
    image = tv_tensors.Image(mask.expand(3, -1, -1).to(torch.uint8) * 255)
    transform = v2.Compose(
        [
            v2.RandomHorizontalFlip(),
            v2.RandomVerticalFlip(),
            v2.RandomCrop((30, 50)),
            v2.RandomZoomOut(side_range=(1, 2)),
        ]
    )
    image, boxes, mask = transform(image, boxes, tv_tensors.Mask(mask))
    assert torch.equal(image[:1] > 0, mask) and mask.any()
    assert torch.equal(torch.stack([masks_to_boxes(mask)[0], boxes[0]]).diff(dim=0)[0].long(), EDGE)


@pytest.mark.claim(
    "data/datasets#transforms",
    "A mask that is a plain tensor does not move with its image, and there is no error",
    "beside a tv_tensors.Image or a PIL image, plain tensors pass through unchanged, "
    "and without one, only the first plain tensor counts as an image",
    "Write tv_tensors.Mask(mask)",
)
def test_transforms_plain_tensors():
    flip = v2.RandomHorizontalFlip(p=1)
    image = torch.arange(24, dtype=torch.uint8).reshape(1, 4, 6)
    mask = image > 10
    pictures = image, tv_tensors.Image(image), v2.ToPILImage()(image)
    for picture in pictures:
        moved, same = flip(picture, mask)
        assert torch.equal(v2.ToImage()(moved), image.flip(-1)) and torch.equal(same, mask)
        _, moved = flip(picture, tv_tensors.Mask(mask))
        assert torch.equal(moved, mask.flip(-1))
    _, nested = flip(image, {"masks": mask})
    assert torch.equal(nested["masks"], mask)
    moved, same = flip(mask, image)  # the mask first: it is taken for the image
    assert torch.equal(moved, mask.flip(-1)) and torch.equal(same, image)


@pytest.mark.claim(
    "data/datasets#transforms",
    "transform(image) and then transform(mask) draw twice, and need not match",
)
def test_transforms_two_calls():
    torch.manual_seed(0)
    image = torch.arange(24, dtype=torch.uint8).reshape(1, 4, 6)
    flip = v2.RandomHorizontalFlip()
    twice = [torch.equal(flip(image), flip(tv_tensors.Mask(image))) for _ in range(20)]
    once = [torch.equal(*flip(image, tv_tensors.Mask(image))) for _ in range(20)]
    assert all(once) and not all(twice)


@pytest.mark.claim(
    "data/datasets#transforms",
    "boxes + 1 is a plain tensor",
    "boxes.clone() and boxes.to(device) keep the type",
)
def test_transforms_keep_the_type():
    boxes = tv_tensors.BoundingBoxes([[1, 1, 3, 3]], format="XYXY", canvas_size=(4, 6))
    assert type(boxes + 1) is torch.Tensor
    again = tv_tensors.wrap(boxes + 1, like=boxes)
    assert type(again) is type(boxes.clone()) is type(boxes.to("cpu")) is tv_tensors.BoundingBoxes
    assert type(boxes.to(torch.float32)) is tv_tensors.BoundingBoxes
    assert again.format == boxes.format and again.canvas_size == (4, 6)


@pytest.mark.claim(
    "data/datasets#transforms",
    "Without scale=True, the values of a uint8 image stay between 0 and 255, without an error",
    "Normalize on uint8 raises Input tensor should be a float tensor",
    "v2.ToTensor() is deprecated",
)
def test_transforms_scale():
    image = torch.tensor([0, 255], dtype=torch.uint8).reshape(1, 1, 2)
    assert v2.ToDtype(torch.float32)(image).tolist() == [[[0, 255]]]
    assert v2.ToDtype(torch.float32, scale=True)(image).tolist() == [[[0, 1]]]
    with pytest.raises(TypeError, match="Input tensor should be a float tensor"):
        v2.Normalize([0.5], [0.5])(image)
    with pytest.warns(UserWarning, match="deprecated"):
        old = v2.ToTensor()
    picture = v2.ToPILImage()(image)
    new = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])
    torch.testing.assert_close(torch.as_tensor(new(picture)), old(picture))


@pytest.mark.claim(
    "data/datasets#transforms",
    "v2.Resize(256) sets the shorter side and keeps the aspect ratio, up to rounding",
    "v2.Resize((256, 256)) can distort",
    "A Mask is resized without interpolation, so class numbers remain class numbers",
)
def test_transforms_resize():
    for height, width in ((300, 400), (400, 300), (128, 131)):
        resized = v2.Resize(256)(torch.zeros(1, height, width))
        assert min(resized.shape[1:]) == 256
        assert max(resized.shape[1:]) == pytest.approx(
            256 * max(height, width) / min(height, width), abs=1
        )
        assert v2.Resize((256, 256))(torch.zeros(1, height, width)).shape == (1, 256, 256)
    mask = tv_tensors.Mask(torch.tensor([[0, 7], [7, 0]], dtype=torch.uint8))
    for size in (5, 16):
        assert v2.Resize(size)(mask).unique().tolist() == [0, 7]
    assert len(v2.Resize(16)(tv_tensors.Image(mask[None])).unique()) > 2


@pytest.mark.claim(
    "data/datasets#transforms",
    "A crop can leave boxes without area. SanitizeBoundingBoxes removes them, "
    "with their entries in labels and in masks of shape (N, H, W)",
    "Other entries, such as area, need labels_getter",
)
def test_transforms_sanitize():
    sample = {
        "image": tv_tensors.Image(torch.zeros(3, 4, 6)),
        "boxes": tv_tensors.BoundingBoxes(
            [[0, 0, 2, 2], [2, 1, 4, 3]], format="XYXY", canvas_size=(4, 6)
        ),
        "masks": tv_tensors.Mask(torch.arange(2)[:, None, None].expand(2, 4, 6)),
        "labels": torch.tensor([5, 6]),
        "area": torch.tensor([4, 4]),
    }
    cropped = v2.CenterCrop((4, 2))(sample)
    assert cropped["boxes"].tolist() == [[0, 0, 0, 2], [0, 1, 2, 3]]
    clean = v2.SanitizeBoundingBoxes()(cropped)
    assert clean["boxes"].tolist() == [[0, 1, 2, 3]] and clean["labels"].tolist() == [6]
    assert clean["masks"].unique().tolist() == [1] and clean["area"].tolist() == [4, 4]
    getter = v2.SanitizeBoundingBoxes(labels_getter=lambda s: (s["labels"], s["area"]))
    assert getter(cropped)["area"].tolist() == [4]


@pytest.mark.claim("data/datasets#transforms", "marks them in the mask, for ignore_index=255")
def test_transforms_rotation():
    rotate = v2.RandomRotation((10, 10), fill={tv_tensors.Mask: 255, "others": 0})
    image = tv_tensors.Image(torch.full((3, 20, 20), 9, dtype=torch.uint8))
    image, mask = rotate(image, tv_tensors.Mask(torch.ones(20, 20, dtype=torch.long)))
    assert mask.unique().tolist() == [1, 255] and mask[10, 10] == 1
    assert torch.equal(image[0] == 0, mask == 255)


@pytest.mark.claim(
    "data/datasets#transforms",
    "Most transforms also take a batch, on any device, "
    "but draw position, angle, or flip once for all of it",
)
def test_transforms_batch(run):
    names = run("data/datasets/transforms_batch.py")
    assert names["each"].device.type == names["device"].type
    once, each = names["once"], names["each"]
    assert (once == once[0]).all() and not (each == each[0]).all()
    assert each.dtype == torch.float32 and each.max() <= 1


@pytest.mark.claim(
    "data/datasets#transforms",
    "take a batch of images and labels, after the DataLoader",
    "The labels become probabilities",
)
def test_transforms_cutmix():
    images, labels = torch.rand(4, 3, 8, 8), torch.tensor([0, 1, 2, 9])
    for mix in (v2.CutMix(num_classes=10), v2.MixUp(num_classes=10)):
        mixed, soft = mix(images, labels)
        assert mixed.shape == images.shape and soft.shape == (4, 10)
        torch.testing.assert_close(soft.sum(dim=1), torch.ones(4))
        assert torch.nn.functional.cross_entropy(torch.randn(4, 10), soft).ndim == 0
        with pytest.raises(ValueError, match="batch"):
            mix(images[0], labels[:1])


@pytest.mark.claim(
    "data/datasets#collate-variable-length",
    "Pass a collate_fn that pads the sequences of a batch with pad_sequence, "
    "and return a mask with them",
    "By default, tensors of different lengths raise stack expects each tensor to be equal size",
)
def test_collate_variable_length(run):
    names = run("data/datasets/collate_variable_length.py")
    dataset, x, mask = names["dataset"], names["x"], names["mask"]
    for row, keep, (sequence, _) in zip(x, mask, dataset, strict=True):
        assert torch.equal(row[keep], sequence) and not row[~keep].any()
    assert names["labels"].tolist() == [0, 1, 0] and mask.dtype == torch.bool
    with pytest.raises(RuntimeError, match="stack expects each tensor to be equal size"):
        next(iter(DataLoader(dataset, batch_size=3)))
    # Sequences of vectors, and an empty one.
    vectors = [(torch.randn(2, 5), 1), (torch.randn(0, 5), 0)]
    x, mask, _ = names["collate"](vectors)
    assert x.shape == (2, 2, 5) and mask.tolist() == [[True, True], [False, False]]


@pytest.mark.claim(
    "data/datasets#collate-variable-length",
    "A recurrent net takes lengths instead, by pack_padded_sequence",
    "Without packing, out[:, -1] and h of the shorter sequences come from running on "
    "into the padding, and the backward direction of a bidirectional net reads the padding first",
    "pad_packed_sequence without total_length pads to the longest sequence only",
)
def test_collate_variable_length_rnn(run):
    names = run("data/datasets/collate_variable_length_rnn.py")
    x, lengths, lstm, out = (names[name] for name in ("x", "lengths", "lstm", "out"))
    for i, n in enumerate(lengths.tolist()):
        alone, (h, _) = lstm(x[i : i + 1, :n])
        torch.testing.assert_close(out[i, :n], alone[0])
        torch.testing.assert_close(names["last"][i], torch.cat([h[0, 0], h[1, 0]]))
        assert not out[i, n:].any()
    padded, (h, _) = lstm(x)
    assert not torch.allclose(h[0, 0], names["h"][0, 0])
    torch.testing.assert_close(padded[0, :2, :16], out[0, :2, :16])  # forward: the same
    assert not torch.isclose(padded[0, :2, 16:], out[0, :2, 16:]).all(dim=1).any()
    short = pack_padded_sequence(x[:1], [2], batch_first=True)
    assert pad_packed_sequence(short, batch_first=True)[0].shape[1] == 2
    assert pad_packed_sequence(short, batch_first=True, total_length=4)[0].shape[1] == 4


@pytest.mark.claim(
    "data/datasets#collate-variable-length",
    "raises must be sorted in decreasing order (pass enforce_sorted=False), "
    "Length of all samples has to be greater than 0 (leave empty sequences out), "
    "and 'lengths' argument should be a 1D CPU int64 tensor (pass lengths.cpu())",
)
def test_collate_variable_length_rnn_errors():
    x = torch.zeros(2, 3, 1)
    with pytest.raises(RuntimeError, match="must be sorted in decreasing order"):
        pack_padded_sequence(x, [1, 3], batch_first=True)
    pack_padded_sequence(x, [3, 1], batch_first=True)  # sorted already
    for arguments in ({}, {"enforce_sorted": False}):
        with pytest.raises(RuntimeError, match="Length of all samples has to be greater than 0"):
            pack_padded_sequence(x, [3, 0], batch_first=True, **arguments)
    # The same check refuses lengths on a GPU, see checkLongTensor in torch's PackedSequence.cpp.
    with pytest.raises(RuntimeError, match="'lengths' argument should be a 1D CPU int64 tensor"):
        pack_padded_sequence(x, torch.tensor([3, 1], device="meta"), batch_first=True)


@pytest.mark.claim(
    "data/datasets#collate-variable-length",
    "batch_first is False by default, in pad_sequence, pack_padded_sequence, "
    "pad_packed_sequence, and nn.LSTM",
)
def test_collate_variable_length_batch_first():
    for function in (pad_sequence, pack_padded_sequence, pad_packed_sequence):
        assert inspect.signature(function).parameters["batch_first"].default is False
    assert not nn.LSTM(1, 1).batch_first
    assert pad_sequence([torch.zeros(2), torch.zeros(3), torch.zeros(4)]).shape == (4, 3)


@pytest.mark.claim(
    "data/datasets#collate-variable-length",
    "If labels are sequences too, pad them with -100, which cross-entropy ignores by default",
    "starts with a zero vector for padding, and gives it no gradient",
)
def test_collate_variable_length_padding_values():
    labels = [torch.tensor([1, 2]), torch.tensor([0])]
    padded = pad_sequence(labels, batch_first=True, padding_value=-100)
    logits = torch.randn(2, 2, 3)
    real = torch.cat([logits[0], logits[1, :1]])
    loss = nn.functional.cross_entropy(logits.flatten(0, 1), padded.flatten())
    torch.testing.assert_close(loss, nn.functional.cross_entropy(real, torch.cat(labels)))
    embedding = nn.Embedding(5, 3, padding_idx=0)
    assert not embedding.weight[0].any()
    embedding(torch.tensor([0, 1])).sum().backward()
    assert embedding.weight.grad.sum(dim=1).tolist() == [0, 3, 0, 0, 0]


@pytest.mark.claim(
    "data/datasets#collate-variable-length",
    "Put samples of similar length together (bucketing), "
    "in batches that change from epoch to epoch",
)
def test_collate_variable_length_buckets(run):
    names = run("data/datasets/collate_variable_length_buckets.py")
    sampler = names["LengthBatches"]
    for n, size in ((400, 8), (401, 8), (7, 8), (1, 1), (330, 16)):
        lengths = torch.randint(1, 100, (n,)).tolist()
        batches = sampler(lengths, size, torch.Generator().manual_seed(0))
        first, second = list(batches), list(batches)
        assert len(first) == len(batches) == -(-n // size)
        assert sorted(i for batch in first for i in batch) == list(range(n))
        assert max(map(len, first)) == min(size, n)
        assert n < 10 or {frozenset(b) for b in first} != {frozenset(b) for b in second}
        again = sampler(lengths, size, torch.Generator().manual_seed(0))
        assert list(again) == first
        longest = [max(lengths[i] for i in batch) for batch in first[:20]]
        assert n < 100 or longest != sorted(longest)  # short and long batches mixed

    def padding(loader):
        x = torch.cat([x.flatten() for x in loader])
        return 1 - x.mean().item()

    assert padding(names["bucketed"]) < padding(names["plain"]) / 3


@pytest.mark.claim(
    "data/datasets#collate-variable-length",
    "takes the place of batch_size, shuffle, sampler, and drop_last: a value other than the "
    "default for one of them raises ValueError",
    "A plain list of batches gives the same batches in each epoch",
    "For images of different sizes, a collate_fn can return a list",
)
def test_collate_variable_length_batch_sampler():
    batches = [[0, 2], [1]]
    for argument in ({"batch_size": 2}, {"shuffle": True}, {"drop_last": True}):
        with pytest.raises(ValueError, match="mutually exclusive"):
            DataLoader(range(3), batch_sampler=batches, **argument)
    with pytest.raises(ValueError, match="mutually exclusive"):
        DataLoader(range(3), batch_sampler=batches, sampler=range(3))
    loader = DataLoader(range(3), batch_size=1, shuffle=False, batch_sampler=batches)
    assert [[x.tolist() for x in loader] for _ in range(2)] == [batches] * 2

    def collate(batch):
        return tuple(zip(*batch, strict=True))

    dataset = [(torch.zeros(3, n, n), n) for n in (4, 6)]
    images, labels = next(iter(DataLoader(dataset, batch_size=2, collate_fn=collate)))
    assert [x.shape[1] for x in images] == list(labels) == [4, 6]
