"""distillation.json: loss and gradient of a student's logits by PyTorch, w T^2 KL(teacher / T || student / T) + (1 - w) cross-entropy."""

from pathlib import Path

import torch
import torch.nn.functional as F

from common import HERE, save_json, seed_everything


def make(_minilm: Path) -> None:
    seed_everything(11)
    cases = []
    for rows, classes, temperature, weight in ((1, 2, 2.0, 0.5), (3, 4, 1.0, 1.0), (5, 3, 4.0, 0.75), (2, 7, 0.5, 0.25)):
        student = (3 * torch.randn(rows, classes, dtype=torch.float64)).requires_grad_()
        teacher = 3 * torch.randn(rows, classes, dtype=torch.float64)
        labels = torch.randint(classes, (rows,))
        taught = F.kl_div(F.log_softmax(student / temperature, 1), F.softmax(teacher / temperature, 1), reduction="batchmean")
        loss = weight * temperature**2 * taught + (1 - weight) * F.cross_entropy(student, labels)
        loss.backward()
        cases.append({
            "temperature": temperature, "weight": weight, "labels": labels.tolist(),
            "student": student.detach().flatten().tolist(), "teacher": teacher.flatten().tolist(),
            "loss": loss.item(), "gradient": student.grad.flatten().tolist(),
        })
    save_json(HERE / "distillation.json", cases)
    print("distillation.json:", len(cases), "cases")
