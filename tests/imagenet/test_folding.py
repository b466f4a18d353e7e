import timm
import torch
from torch import nn

from napari_zsris.imagenet import load_classifier
from napari_zsris.imagenet.folding import fold_batch_norms


def trained(name: str) -> nn.Module:
    """A network whose normalisations have statistics and weights of their own."""
    torch.manual_seed(0)
    network = timm.create_model(name)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2.0)
            nn.init.uniform_(module.weight, 0.5, 2.0)
            nn.init.normal_(module.bias)
    return network.eval()


def test_a_folded_network_gives_what_it_gave():
    network = trained("tf_efficientnet_lite0")
    pictures = torch.randn(2, 3, 96, 128)
    with torch.inference_mode():
        before = network(pictures)
        fold_batch_norms(network)
        after = network(pictures)
    torch.testing.assert_close(after, before, rtol=1e-4, atol=1e-4 * float(before.abs().max()))


def test_no_normalisation_is_left_in_lite():
    assert not any(isinstance(each, nn.BatchNorm2d) for each in load_classifier().modules())
