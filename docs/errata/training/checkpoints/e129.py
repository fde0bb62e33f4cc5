saved, best_acc = {}, 0.0
for epoch, current_acc in enumerate([0.1, 0.9, 0.5, 0.6]):
    saved["checkpoint"] = {"epoch": epoch + 1}
    if current_acc > best_acc:
        best_acc, saved["best_checkpoint"] = current_acc, saved["checkpoint"]
assert saved["best_checkpoint"]["epoch"] == 2
assert saved["checkpoint"]["epoch"] == 4
