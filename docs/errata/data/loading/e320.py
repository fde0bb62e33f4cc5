import os
import tempfile
import warnings

import pandas as pd

with tempfile.TemporaryDirectory() as folder:

    class Payload:
        def __reduce__(self):
            return os.mkdir, (f"{folder}/ran",)

    warnings.simplefilter("ignore")
    table = pd.DataFrame({"x": [Payload()]}, dtype=object)
    table.to_hdf(f"{folder}/t.h5", key="t")
    assert not os.path.exists(f"{folder}/ran")
    pd.read_hdf(f"{folder}/t.h5")
    assert os.path.exists(f"{folder}/ran")
