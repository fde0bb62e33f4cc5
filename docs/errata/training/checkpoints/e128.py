resume, current_acc = 0, 0.5
if resume:
    best_acc = 0.0
is_best = current_acc > best_acc
