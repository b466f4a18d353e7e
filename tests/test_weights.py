import copy

import torch

from napari_zsris.weights import digest_weights


def network():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))


def test_weights_are_the_same_in_half_precision_and_in_another_order():
    made = network()
    assert digest_weights([made]) == digest_weights([copy.deepcopy(made).half()])
    renumbered = torch.nn.ModuleDict({"1": made[1], "0": made[0]})
    assert digest_weights([made]) == digest_weights([renumbered])


def test_other_weights_names_shapes_and_kinds_differ():
    made, trained, renamed = network(), network(), torch.nn.ModuleDict({"a": network()})
    with torch.no_grad():
        trained[0].weight[0, 0] += 0.01
    flat = copy.deepcopy(made)
    flat[0].weight = torch.nn.Parameter(flat[0].weight.reshape(3, 2))
    digests = {
        digest_weights([made]),
        digest_weights([trained]),
        digest_weights([renamed]),
        digest_weights([flat]),
        digest_weights([made, made]),
        digest_weights([made], "another architecture"),
        digest_weights([]),
    }
    assert len(digests) == 7
