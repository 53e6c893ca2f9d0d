"""The cells and recurrent layers whose answers real MXNet recorded in ``tests/data/gluon_recurrent.json``."""

CELLS = {  # an expression, and the shape of a step
    "rnn.RNNCell(3)": (2, 4),
    "rnn.RNNCell(3, activation='relu', input_size=4, prefix='r_')": (2, 4),
    "rnn.RNNCell(2, 'softrelu', i2h_bias_initializer='ones')": (2, 3),
    "rnn.LSTMCell(3)": (2, 4),
    "rnn.LSTMCell(2, input_size=3, activation='relu', recurrent_activation='softsign')": (2, 3),
    "rnn.GRUCell(3, prefix='g_')": (2, 2),
    "rnn.DropoutCell(0.0)": (2, 3),
    "rnn.ResidualCell(rnn.RNNCell(3))": (2, 3),
    "rnn.ResidualCell(rnn.GRUCell(4, prefix='q_'))": (2, 4),
    "rnn.ZoneoutCell(rnn.RNNCell(3, prefix='z_'), 0.0, 0.0)": (2, 3),
    "C.rnn.VariationalDropoutCell(rnn.LSTMCell(3))": (2, 4),
    "stack(rnn.SequentialRNNCell(prefix='s_'), rnn.LSTMCell(3), rnn.ResidualCell(rnn.GRUCell(3)))": (2, 4),
    "stack(rnn.HybridSequentialRNNCell(), rnn.RNNCell(3), rnn.DropoutCell(0.0), rnn.LSTMCell(2))": (2, 4),
}

ROLLED = {  # those that are unrolled only
    "rnn.BidirectionalCell(rnn.LSTMCell(3, prefix='l_'), rnn.GRUCell(2, prefix='r_'))": (2, 4),
    "rnn.ResidualCell(rnn.BidirectionalCell(rnn.RNNCell(2, prefix='l_'), rnn.RNNCell(2, prefix='r_')))": (
        2,
        4,
    ),
    "stack(rnn.SequentialRNNCell(), rnn.GRUCell(3), rnn.BidirectionalCell(rnn.RNNCell(2), rnn.RNNCell(2)))": (
        2,
        4,
    ),
}

STEPPED = {  # of these, graphs are not compared: their nodes have other names
    "C.rnn.LSTMPCell(3, 2, input_size=4)": (2, 4),
    "C.rnn.Conv1DRNNCell((2, 5), 3, 3, 3)": (1, 2, 5),
    "C.rnn.Conv2DRNNCell((2, 4, 5), 2, 3, 1, i2h_pad=1, activation='relu')": (1, 2, 4, 5),
    "C.rnn.Conv3DRNNCell((1, 3, 3, 3), 2, 1, 3)": (1, 1, 3, 3, 3),
    "C.rnn.Conv1DLSTMCell((2, 5), 3, (3,), (5,), i2h_pad=(1,))": (1, 2, 5),
    "C.rnn.Conv2DLSTMCell((2, 5, 5), 2, 3, 3, i2h_dilate=2, h2h_dilate=2, prefix='c_')": (1, 2, 5, 5),
    "C.rnn.Conv3DLSTMCell((1, 3, 3, 3), 1, 3, 3, i2h_pad=1)": (1, 1, 3, 3, 3),
    "C.rnn.Conv1DGRUCell((2, 5), 3, 3, 3, i2h_bias_initializer='ones')": (1, 2, 5),
    "C.rnn.Conv2DGRUCell((2, 4, 4), 2, (3, 1), 3)": (1, 2, 4, 4),
    "C.rnn.Conv3DGRUCell((1, 2, 2, 2), 2, 1, 1)": (1, 1, 2, 2, 2),
}

LAYERS = {  # an expression, and the shape of a sequence
    "rnn.RNN(3)": (4, 2, 3),
    "rnn.RNN(3, 2, 'tanh', prefix='n_')": (4, 2, 3),
    "rnn.LSTM(3)": (4, 2, 5),
    "rnn.LSTM(3, 2, 'NTC', bidirectional=True)": (2, 4, 3),
    "rnn.LSTM(3, input_size=2, h2h_weight_initializer='ones', i2h_bias_initializer='ones')": (4, 2, 2),
    "rnn.GRU(3, num_layers=2, layout='NTC')": (2, 4, 2),
    "rnn.GRU(2, bidirectional=True)": (3, 2, 2),
}

DESCRIBED = [  # those that are only looked at
    "rnn.LSTM(4, projection_size=2, num_layers=2, bidirectional=True)",
    "rnn.LSTM(3, 2, dropout=0.3, state_clip_min=-1, state_clip_max=1, state_clip_nan=True)",
    "rnn.LSTM(3, use_sequence_length=True)",
    "rnn.DropoutCell(0.3, axes=(1,))",
    "rnn.ZoneoutCell(rnn.LSTMCell(3), 0.3, 0.2)",
    "C.rnn.VariationalDropoutCell(rnn.LSTMCell(3), 0.1, 0.2, 0.3)",
    "C.rnn.VariationalDropoutCell(rnn.RNNCell(3), 0.1, 0.0, 0.3)",
]
