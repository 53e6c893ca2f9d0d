"""GluonNLP: its models with random parameters, and its ways from text to batches; prints what they give."""

import itertools
import traceback
import zlib

import gluonnlp as nlp
import mxnet as mx
import numpy as np
from mxnet import gluon

TEXT = "the cat sat on the mat . the dog sat on the cat . a dog and a cat !".split()
VOCAB = nlp.Vocab(nlp.data.count_tokens(TEXT))
BERT_VOCAB = nlp.vocab.BERTVocab(nlp.data.count_tokens([*TEXT, "##s", "##ed"]))
CHECKS = []


def check(function):
    """Let a function that returns numbers be run, and what it returns printed."""
    CHECKS.append(function)
    return function


def fill(net):
    """Give every parameter numbers that its name decides."""
    for name, parameter in sorted(net._collect_params_with_prefix().items()):
        random = np.random.RandomState(zlib.crc32(name.encode()))
        if isinstance(parameter, gluon.Constant) or np.dtype(parameter.dtype) != np.float32:
            continue
        spread = 1 / np.sqrt(max(1, np.prod(parameter.shape[1:]))) if len(parameter.shape) > 1 else 0.1
        values = random.normal(1.0 if name.endswith("gamma") else 0.0, spread, parameter.shape)
        parameter.set_data(mx.nd.array(values))
    return net


def ready(net, *inputs, hybridize=True):
    """Return what a network gives that has all its parameters."""
    net.initialize()
    net(*inputs)
    fill(net)
    if hybridize:
        net.hybridize()
    return net(*inputs)


def numbers(*shape):
    return mx.nd.array(np.random.RandomState(sum(shape)).uniform(-1, 1, shape))


def words(*shape, top=9):
    return mx.nd.array(np.random.RandomState(sum(shape)).randint(0, top, shape))


for name in ("standard_lstm_lm_200", "awd_lstm_lm_600"):

    @check
    def language_model(name=name):
        net, _ = nlp.model.get_model(name, dataset_name=None, vocab=VOCAB, pretrained=False)
        net.initialize()
        state = net.begin_state(batch_size=2, func=mx.nd.zeros)
        net(words(5, 2), state)
        fill(net)
        return net(words(5, 2), state)


@check
def big_rnn():
    net = nlp.model.BigRNN(len(VOCAB), 8, 12, 1, 6)
    net.initialize()
    state = net.begin_state(batch_size=2, func=mx.nd.zeros)
    net(words(5, 2), state)
    fill(net)
    return net(words(5, 2), state)


@check
def elmo():
    net = nlp.model.ELMoBiLM(
        rnn_type="lstmpc",
        output_size=8,
        filters=[[1, 4], [2, 6], [3, 6]],
        char_embed_size=4,
        char_vocab_size=262,
        num_highway=1,
        conv_layer_activation="relu",
        max_chars_per_token=10,
        input_size=8,
        hidden_size=12,
        proj_size=8,
        num_layers=2,
        cell_clip=3,
        proj_clip=3,
        skip_connection=True,
    )
    net.initialize()
    state = net.begin_state(mx.nd.zeros, batch_size=2)
    inputs = words(2, 5, 10, top=200)
    net(inputs, state, mx.nd.ones((2, 5)))
    fill(net)
    return net(inputs, state, mx.nd.ones((2, 5)))


@check
def bert():
    length, where = mx.nd.array([6, 4]), words(2, 3, top=4)
    return ready(small_bert(), words(2, 6), mx.nd.zeros((2, 6)), length, where)


def small_bert(**options):
    encoder = nlp.model.BERTEncoder(
        units=32, hidden_size=64, num_layers=2, num_heads=4, max_length=16, dropout=0.1
    )
    return nlp.model.BERTModel(
        encoder, len(BERT_VOCAB), token_type_vocab_size=2, units=32, embed_size=32, **options
    )


@check
def bert_classifier_trains():
    net = nlp.model.BERTClassifier(small_bert(use_decoder=False, use_classifier=False), num_classes=2)
    inputs = (words(2, 6), mx.nd.zeros((2, 6)), mx.nd.array([6, 4]))
    ready(net, *inputs)
    loss = gluon.loss.SoftmaxCELoss()
    options = {"learning_rate": 0.01, "epsilon": 1e-6}
    trainer = gluon.Trainer(net.collect_params(), "bertadam", options)
    losses = []
    for _ in range(3):
        with mx.autograd.record(train_mode=False):
            found = loss(net(*inputs), mx.nd.array([0, 1])).mean()
        found.backward()
        nlp.utils.clip_grad_global_norm(net.collect_params().values(), 1.0)
        trainer.step(1)
        losses.append(found.asscalar())
    return losses


@check
def bert_whole():
    """Run the published architecture, unhybridized at first."""
    net, _ = nlp.model.bert_12_768_12(vocab=BERT_VOCAB, pretrained=False, use_classifier=False)
    return ready(net, words(1, 4), mx.nd.zeros((1, 4)), mx.nd.array([4]), words(1, 2, top=3))


@check
def roberta():
    encoder = nlp.model.BERTEncoder(
        units=16, hidden_size=32, num_layers=2, num_heads=2, max_length=16, activation="gelu"
    )
    net = nlp.model.RoBERTaModel(encoder, 12, units=16, embed_size=16)
    return ready(net, words(2, 5), mx.nd.array([5, 3]), words(2, 2, top=4))


@check
def transformer_translates():
    encoder, decoder, one_step = nlp.model.transformer.get_transformer_encoder_decoder(
        num_layers=2, units=16, hidden_size=32, num_heads=2, max_src_length=12, max_tgt_length=12, dropout=0.0
    )
    net = nlp.model.translation.NMTModel(
        VOCAB, VOCAB, encoder, decoder, one_step_ahead_decoder=one_step, embed_size=16, prefix="t_"
    )
    net.initialize()
    source, target = words(2, 5), words(2, 4)
    length = (mx.nd.array([5, 3]), mx.nd.array([4, 2]))
    net(source, target, *length)
    fill(net)
    net.hybridize()
    out, _ = net(source, target, *length)
    states, _ = net.encode(source, valid_length=length[0])
    states = net.decoder.init_state_from_encoder(states, length[0])
    scorer = nlp.model.BeamSearchScorer(alpha=0.6, K=5)
    decode = lambda step, states: net.decode_step(step, states)[:2]  # noqa: E731
    sampler = nlp.model.BeamSearchSampler(3, decode, eos_id=3, scorer=scorer, max_length=6)
    return [out, *sampler(mx.nd.array([2, 2]), states)]


for kind in ("mlp", "dot", "scaled_luong", "multi_head"):

    @check
    def attention(kind=kind):
        if kind == "mlp":
            cell = nlp.model.MLPAttentionCell(units=8)
        elif kind == "multi_head":
            cell = nlp.model.MultiHeadAttentionCell(
                nlp.model.DotProductAttentionCell(scaled=True), 8, 8, 8, 2
            )
        else:
            cell = nlp.model.DotProductAttentionCell(units=6, luong_style=kind == "scaled_luong", scaled=True)
        mask = mx.nd.array(np.tril(np.ones((4, 4)))[None].repeat(2, 0))
        return ready(cell, numbers(2, 4, 6), numbers(2, 4, 6), numbers(2, 4, 6), mask)


@check
def convolutional_encoder():
    net = nlp.model.ConvolutionalEncoder(
        embed_size=6, num_filters=(3, 4), ngram_filter_sizes=(1, 2), output_size=5
    )
    return ready(net, numbers(7, 2, 6), mx.nd.ones((7, 2)))


@check
def bidirectional_language_encoder():
    net = nlp.model.BiLMEncoder(
        mode="lstmpc",
        num_layers=2,
        input_size=6,
        hidden_size=8,
        dropout=0.0,
        skip_connection=True,
        proj_size=6,
        cell_clip=3,
        proj_clip=3,
    )
    net.initialize()
    mask = mx.nd.ones((2, 5))
    net(numbers(5, 2, 6), net.begin_state(func=mx.nd.zeros, batch_size=2), mask)
    fill(net)
    state = net.begin_state(func=mx.nd.zeros, batch_size=2)  # a call changes the lists it is given
    return net(numbers(5, 2, 6), state, mask)


for kind in ("ISDense", "NCEDense"):

    @check
    def sampled(kind=kind):
        net = getattr(nlp.model, kind)(10, 4, 6)
        net.initialize()
        fill(net)
        drawn = [words(4), mx.nd.ones((4,)), mx.nd.ones((3,))]
        with mx.autograd.record():
            out = net(numbers(3, 6), drawn, words(3))
        out = out if isinstance(out, (list, tuple)) else [out]
        out[0].backward()
        return [*out, *(p.grad() for _, p in sorted(net._collect_params_with_prefix().items()))]


@check
def weight_drop():
    net = gluon.rnn.LSTM(6, input_size=4)
    nlp.model.utils.apply_weight_drop(net, ".*h2h_weight", rate=0.5)
    return ready(net, numbers(3, 2, 4), hybridize=False)


@check
def small_blocks():
    return [
        ready(nlp.model.Highway(6, 2), numbers(3, 6)),
        ready(nlp.model.L2Normalization(), numbers(3, 6)),
        ready(nlp.model.GELU(), numbers(3, 6)),
    ]


@check
def losses():
    activation = nlp.loss.ActivationRegularizationLoss(2)
    temporal = nlp.loss.TemporalActivationRegularizationLoss(1)
    smoothing = nlp.loss.LabelSmoothing(units=5)
    masked = nlp.loss.MaskedSoftmaxCrossEntropyLoss()
    return [
        activation(numbers(3, 2, 4)),
        temporal(numbers(3, 2, 4)),
        smoothing(words(2, 3, top=5)),
        masked(numbers(2, 3, 5), words(2, 3, top=5), mx.nd.array([3, 2])),
    ]


@check
def embeddings():
    embedding = nlp.embedding.TokenEmbedding(unknown_token="<unk>", allow_extend=True)
    for index, word in enumerate(["cat", "dog", "mat"]):
        embedding[word] = mx.nd.arange(4) + index
    vocab = nlp.Vocab(nlp.data.count_tokens(TEXT))
    vocab.set_embedding(embedding)
    similar = nlp.embedding.evaluation.WordEmbeddingSimilarity(idx_to_vec=vocab.embedding.idx_to_vec)
    similar.initialize()
    pairs = [mx.nd.array(vocab[[a, b]]) for a, b in (("cat", "dog"), ("mat", "dog"))]
    return [vocab.embedding["cat", "dog", "nobody"], similar(*pairs), mx.nd.array(vocab[TEXT])]


@check
def batches():
    data = [[index] * (3 + index % 5) for index in range(20)]
    lengths = [len(each) for each in data]
    batchify = nlp.data.batchify
    together = batchify.Tuple(batchify.Pad(pad_val=-1, ret_length=True), batchify.Stack())
    dataset = gluon.data.SimpleDataset([(each, length) for each, length in zip(data, lengths)])
    sampler = nlp.data.FixedBucketSampler(lengths, batch_size=4, num_buckets=2, shuffle=False)
    found = list(gluon.data.DataLoader(dataset, batch_sampler=sampler, batchify_fn=together))
    nlp.data.SplitSampler(len(data), 2, 1)
    order = list(nlp.data.SortedSampler(lengths))
    threads = nlp.data.ShardedDataLoader(dataset, batch_sampler=sampler, batchify_fn=together, num_workers=2)
    found += list(threads)
    found += list(gluon.data.DataLoader(dataset, 4, batchify_fn=together, num_workers=2))
    return [found, mx.nd.array(order)]


@check
def language_model_batches():
    stream = nlp.data.batchify.CorpusBatchify(VOCAB, batch_size=2)(gluon.data.SimpleDataset(TEXT))
    parts = nlp.data.batchify.CorpusBPTTBatchify(VOCAB, 4, 2)(gluon.data.SimpleDataset(TEXT))
    skip = nlp.data.batchify.EmbeddingCenterContextBatchify(batch_size=4, window_size=2)
    ids = gluon.data.SimpleDataset([VOCAB[TEXT[:10]], VOCAB[TEXT[10:]]])
    mx.random.seed(1)
    return [list(stream), list(parts), len(list(skip(ids)))]


@check
def tokens():
    tokenizer = nlp.data.BERTTokenizer(BERT_VOCAB, lower=True)
    transform = nlp.data.BERTSentenceTransform(tokenizer, max_seq_length=12)
    clip, pad = nlp.data.ClipSequence(4), nlp.data.PadSequence(8, pad_val=7)
    counted = nlp.data.concat_sequence([TEXT[:3], TEXT[3:5]])
    return [*transform(("The cats sat", "a dog")), clip(mx.nd.arange(6)), pad(mx.nd.arange(5)), len(counted)]


@check
def metrics():
    masked = nlp.metric.MaskedAccuracy()
    masked.update([words(8, top=3)], [numbers(8, 3)], [mx.nd.array([1, 1, 0, 1, 0, 0, 1, 1])])
    weighted = nlp.metric.LengthNormalizedLoss()
    weighted.update([words(2, 3), mx.nd.array([3, 2])], [mx.nd.array([2.0, 3.0])])
    return [masked.get()[1], weighted.get()[1]]


def flat(found):
    """Yield numbers, however nested."""
    if hasattr(found, "asnumpy"):
        found = found.asnumpy()
    if isinstance(found, (list, tuple)):
        yield from itertools.chain.from_iterable(map(flat, found))
    elif found is not None:
        yield np.asarray(found, dtype=np.float64)


failed = 0
for index, function in enumerate(CHECKS):
    try:
        arrays = list(flat(function()))
    except Exception:
        failed += 1
        print(index, function.__name__, "fails")
        traceback.print_exc()
        continue
    print(
        index,
        function.__name__,
        *(f"{a.shape} {np.abs(a).mean() + 1e-9:.4g}" for a in arrays[:8]),
        flush=True,
    )
raise SystemExit(failed > 0)
