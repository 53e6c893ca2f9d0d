"""The operators in mx.nd.linalg; written by tools/make_stubs.py."""


from mxnet.ndarray.operators import linalg_det as linalg_det
from mxnet.ndarray.operators import linalg_extractdiag as linalg_extractdiag
from mxnet.ndarray.operators import linalg_extracttrian as linalg_extracttrian
from mxnet.ndarray.operators import linalg_gelqf as linalg_gelqf
from mxnet.ndarray.operators import linalg_gemm as linalg_gemm
from mxnet.ndarray.operators import linalg_gemm2 as linalg_gemm2
from mxnet.ndarray.operators import linalg_inverse as linalg_inverse
from mxnet.ndarray.operators import linalg_makediag as linalg_makediag
from mxnet.ndarray.operators import linalg_maketrian as linalg_maketrian
from mxnet.ndarray.operators import linalg_potrf as linalg_potrf
from mxnet.ndarray.operators import linalg_potri as linalg_potri
from mxnet.ndarray.operators import linalg_slogdet as linalg_slogdet
from mxnet.ndarray.operators import linalg_sumlogdiag as linalg_sumlogdiag
from mxnet.ndarray.operators import linalg_syevd as linalg_syevd
from mxnet.ndarray.operators import linalg_syrk as linalg_syrk
from mxnet.ndarray.operators import linalg_trmm as linalg_trmm
from mxnet.ndarray.operators import linalg_trsm as linalg_trsm
det = linalg_det
extractdiag = linalg_extractdiag
extracttrian = linalg_extracttrian
gelqf = linalg_gelqf
gemm = linalg_gemm
gemm2 = linalg_gemm2
inverse = linalg_inverse
makediag = linalg_makediag
maketrian = linalg_maketrian
potrf = linalg_potrf
potri = linalg_potri
slogdet = linalg_slogdet
sumlogdiag = linalg_sumlogdiag
syevd = linalg_syevd
syrk = linalg_syrk
trmm = linalg_trmm
trsm = linalg_trsm
