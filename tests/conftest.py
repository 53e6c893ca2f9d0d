"""What tests of several rooms need."""

import pytest
import torch


@pytest.fixture(params=[1, 2], ids=["one_thread", "two_threads"])
def of_threads(request):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield
    torch.set_num_threads(before)
