"""The systems and figures of the texts on backpropagation, and the perceptron's interface."""

import io
import math
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from neat.backprop.initialisation import INITIALISATIONS
from neat.backprop.losses import CrossEntropy, SoftmaxCrossEntropy, SquaredError, cost_named, one_hot, softmax
from neat.backprop.mlp import MLP
from neat.backprop.optimizers import SGD, Adam, Momentum, clip_norm, optimizer_named
from neat.backprop.regression import linear_regression, logistic_regression
from neat.backprop.saving import load, save
from neat.backprop.training import accuracy, minibatches, train
from neat.backprop.vectorised import VECTORISED, activate_layer, differentiate_layer
from neat.errors import ConfigError, DataError
from neat.files.arrays import write_arrays
from neat.functions.activations import apply, apply_derivative

# Figures of the texts ------------------------------------------------------------------------------------------------


def test_feed_forward_layer_of_the_text():
    network = MLP((4, 2), "sigmoid")
    network.weights[0][:] = [[-1.48, -2.49, 2.72, 3.46], [-1.81, 2.84, -0.438, -4.80]]
    network.biases[0][:] = [0.884, -0.226]
    a = network.predict(np.array([0.978, 0.322, 0.315, 0.201]))
    assert np.round(a, 3).tolist() == [0.547, 0.101]


def test_bias_as_a_threshold():
    sigmoid = apply("sigmoid", np.array([1.0, 1.0 - 5.0]))
    assert np.round(sigmoid, 4).tolist() == [0.7311, 0.018]
    assert apply("relu", np.array([3.0 - 5.0, -4.0 + 5.0])).tolist() == [0.0, 1.0]


def test_one_weights_gradient():
    network = MLP((1, 1), "sigmoid", initialisation="zeros")
    network.weights[0][:], network.biases[0][:] = 0.15, 0.5 - 0.15 * 0.8  # so that z = 0.5
    _, gradient = SquaredError(half=False).gradient(network, np.array([[0.8]]), np.array([[1.0]]))
    assert round(gradient[0], 3) == -0.142
    assert round(float(apply_derivative("sigmoid", np.array([0.5]))[0]), 3) == 0.235
    SGD(0.05).step(network.parameters, gradient)
    assert round(network.weights[0].item(), 4) == 0.1571  # the text prints 0.1271, which is not a descent


def test_parameter_count_of_the_digits_networks():
    assert MLP((784, 16, 16, 10)).parameter_count == 13_002
    assert MLP((784, 16, 16, 10)).parameters.shape == (13_002,)
    assert MLP((784, 32, 16, 10)).parameter_count == 784 * 32 + 32 + 32 * 16 + 16 + 16 * 10 + 10


def test_linear_regression_recovers_the_slope():
    rng = np.random.default_rng(11)
    x = np.arange(11.0)
    y = 2.0 * x + rng.normal(0.0, 0.5, 11)
    network = linear_regression(x, y, learning_rate=0.01, steps=100)
    assert network.weights[0].item() == pytest.approx(2.0, abs=0.1)
    exact_slope, exact_intercept = np.polyfit(x, y, 1)
    network = linear_regression(x, y, learning_rate=0.01, steps=5_000)
    assert network.weights[0].item() == pytest.approx(exact_slope, abs=1e-6)
    assert network.biases[0].item() == pytest.approx(exact_intercept, abs=1e-5)


def test_logistic_regression_has_the_texts_gradient():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(20, 2)), rng.integers(0, 2, (20, 1)).astype(float)
    network = MLP((2, 1), "sigmoid", seed=1)
    _, gradient = CrossEntropy().gradient(network, x, y)
    residual = y - network.predict(x)
    np.testing.assert_allclose(gradient[:2], -(residual * x).mean(axis=0), atol=1e-14)
    np.testing.assert_allclose(gradient[2:], -residual.mean(axis=0), atol=1e-14)


def test_logistic_regression_matches_scikit_learn():
    linear_model = pytest.importorskip("sklearn.linear_model")
    rng = np.random.default_rng(7)
    x = rng.normal(size=(200, 3))
    y = (x @ [1.5, -2.0, 0.5] + 0.3 + rng.logistic(size=200) > 0).astype(float)
    network = logistic_regression(x, y, learning_rate=1.0, steps=3_000)
    fit = linear_model.LogisticRegression(C=np.inf, tol=1e-10, max_iter=1_000).fit(x, y)
    np.testing.assert_allclose(network.weights[0], fit.coef_, atol=1e-4)
    np.testing.assert_allclose(network.biases[0], fit.intercept_, atol=1e-4)


# Training ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", [SGD(2.0), Momentum(0.5), Momentum(0.5, nesterov=True), Adam(0.05)])
def test_xor_is_learned(optimizer):
    x, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0], [1], [1], [0]])
    network = MLP((2, 8, 1), ["tanh", "sigmoid"], seed=1)
    history = train(network, x, y, CrossEntropy(), optimizer, epochs=500)
    assert len(history) == 500
    assert history[-1] < 0.01
    assert (np.round(network.predict(x)) == y).all()


def test_adam_agrees_with_algorithm_1():
    rng = np.random.default_rng(0)
    parameters = rng.normal(size=4)
    mine, reference = parameters.copy(), parameters.copy()
    m, v, optimizer = np.zeros(4), np.zeros(4), Adam(0.1, 0.8, 0.95, 1e-3)
    for t in range(1, 20):
        g = rng.normal(size=4)
        optimizer.step(mine, g)
        m, v = 0.8 * m + 0.2 * g, 0.95 * v + 0.05 * g * g
        reference -= 0.1 * (m / (1 - 0.8**t)) / (np.sqrt(v / (1 - 0.95**t)) + 1e-3)
    np.testing.assert_allclose(mine, reference, rtol=1e-12)


def test_momentum_is_a_running_velocity():
    parameters, optimizer = np.array([1.0]), Momentum(0.1, 0.5)
    optimizer.step(parameters, np.array([1.0]))
    optimizer.step(parameters, np.array([1.0]))
    assert parameters[0] == pytest.approx(1.0 - 0.1 - 0.15)


def test_clip_norm():
    gradient = np.array([3.0, 4.0])
    assert clip_norm(gradient, 10.0) == 5.0
    assert gradient.tolist() == [3.0, 4.0]
    assert clip_norm(gradient, 1.0) == 5.0
    np.testing.assert_allclose(gradient, [0.6, 0.8])


@given(st.integers(1, 50), st.integers(1, 60) | st.none())
def test_minibatches_hold_every_example_once(examples, size):
    batches = list(minibatches(examples, size, np.random.default_rng(0)))
    assert sorted(np.concatenate(batches).tolist()) == list(range(examples))
    assert all(0 < len(b) <= (size or examples) for b in batches)


def test_the_gradient_is_the_mean_over_the_batch():
    rng = np.random.default_rng(2)
    network, x, y = MLP((3, 4, 2), seed=1), rng.normal(size=(6, 3)), rng.random((6, 2))
    for cost in (SquaredError(), CrossEntropy(), SoftmaxCrossEntropy()):
        value, gradient = cost.gradient(network, x, y)
        single = [cost.gradient(network, x[i : i + 1], y[i : i + 1]) for i in range(6)]
        assert value == pytest.approx(np.mean([v for v, _ in single]))
        np.testing.assert_allclose(gradient, np.mean([g for _, g in single], axis=0), atol=1e-14)


def test_training_can_be_ended_and_repeated():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(50, 3)), rng.random((50, 2))
    networks = [MLP((3, 4, 2), seed=1) for _ in range(2)]
    for network in networks:
        assert len(train(network, x, y, SquaredError(), SGD(0.1), epochs=9, batch_size=7, seed=4)) == 9
    assert np.array_equal(networks[0].parameters, networks[1].parameters)
    history = train(
        networks[0], x, y, SquaredError(), SGD(0.1), epochs=9, after_epoch=lambda epoch, cost: epoch == 3 and cost > 0
    )
    assert len(history) == 3


def test_wrong_settings_are_refused_in_one_line():
    with pytest.raises(ConfigError, match=r"^sizes: expected at least two positive numbers"):
        MLP((3,))
    with pytest.raises(ConfigError, match=r"did you mean 'sigmoid'"):
        MLP((3, 2), "sigmoyd")
    with pytest.raises(ConfigError, match=r"^activations: expected one, or 2 \(one for each layer\), got 3"):
        MLP((3, 2, 1), ["tanh"] * 3)
    with pytest.raises(ConfigError, match=r"did you mean 'orthogonal'"):
        MLP((3, 2), initialisation="ortogonal")
    with pytest.raises(ConfigError, match=r"did you mean 'cross_entropy'"):
        cost_named("crossentropy")
    with pytest.raises(ConfigError, match=r"did you mean 'adam'"):
        optimizer_named("adaml", 0.1)
    for make in (lambda: SGD(0.0), lambda: SGD(math.nan), lambda: Adam(-1.0)):
        with pytest.raises(ConfigError, match="learning_rate: expected a positive number"):
            make()
    with pytest.raises(ConfigError, match="momentum"):
        Momentum(0.1, 1.0)
    with pytest.raises(ConfigError, match="batch_size"):
        train(MLP((1, 1)), np.zeros((1, 1)), np.zeros((1, 1)), SquaredError(), SGD(0.1), epochs=1, batch_size=0)
    with pytest.raises(ConfigError, match="parameters, more than"):
        MLP((1_000_000, 1_000_000))
    assert isinstance(cost_named("squared_error"), SquaredError)
    assert isinstance(optimizer_named("momentum", 0.1), Momentum)


def test_wrong_shapes_are_refused_in_one_line():
    network = MLP((3, 2))
    with pytest.raises(ValueError, match=r"x to be an array of shape \(batch, 3\), but it had shape \(1, 4\)"):
        network.predict(np.zeros((1, 4)))
    with pytest.raises(ValueError, match=r"y to be an array of shape \(batch, 2\)"):
        SquaredError().gradient(network, np.zeros((1, 3)), np.zeros((1, 3)))
    with pytest.raises(ValueError, match="as many targets as inputs, 1"):
        SquaredError().gradient(network, np.zeros((1, 3)), np.zeros((2, 2)))
    with pytest.raises(ValueError, match="at least one"):
        train(network, np.zeros((0, 3)), np.zeros((0, 2)), SquaredError(), SGD(0.1), epochs=1)
    with pytest.raises(ValueError, match=r"delta to have shape \(1, 2\)"):
        network.backward(network.forward(np.zeros((1, 3))), np.zeros((2, 2)))
    with pytest.raises(ValueError, match=r"parameters to have shape \(8,\)"):
        network.parameters = np.zeros(7)
    with pytest.raises(ValueError, match="contiguous float64"):
        network.keep_parameters_in(np.zeros(16)[::2])
    with pytest.raises(ValueError, match="labels from 0 to 2, got 0 to 3"):
        one_hot(np.array([0, 3]), 3)
    with pytest.raises(ValueError, match="labels to be integers"):
        one_hot(np.array([0.5]), 3)


def test_networks_can_share_one_parameter_vector():
    first, second = MLP((3, 4, 2), seed=1), MLP((3, 1), "tanh", seed=2)
    x = np.ones((1, 3))
    expected = first.predict(x), second.predict(x)
    shared = np.empty(first.parameter_count + second.parameter_count)
    first.keep_parameters_in(shared[: first.parameter_count])
    second.keep_parameters_in(shared[first.parameter_count :])
    assert np.array_equal(first.predict(x), expected[0])
    assert np.array_equal(second.predict(x), expected[1])
    shared[:] = 0.0
    assert second.predict(x).item() == 0.0


@pytest.mark.parametrize("name", INITIALISATIONS)
def test_initialisations_have_their_published_variance(name):
    weights = MLP((400, 300), initialisation=name, gains=2.0, seed=1).weights[0]
    expected = {
        "zeros": 0.0, "normal": 1.0, "scaled_normal": 1 / 400, "fan_in_uniform": 1 / 1200, "glorot_uniform": 2 / 700,
        "glorot_normal": 2 / 700, "he_uniform": 2 / 400, "he_normal": 2 / 400, "orthogonal": 1 / 400,
    }  # fmt: skip
    assert weights.mean() == pytest.approx(0.0, abs=0.02)
    assert weights.var() == pytest.approx(4 * expected[name], rel=0.02)


@pytest.mark.parametrize("shape", [(5, 9), (9, 5), (6, 6)])
def test_orthogonal_weights_are_orthonormal(shape):
    w = MLP(shape[::-1], initialisation="orthogonal", seed=3).weights[0]
    small = w @ w.T if shape[0] <= shape[1] else w.T @ w
    np.testing.assert_allclose(small, np.eye(min(shape)), atol=1e-12)


@given(arrays(np.float64, (3, 4), elements=st.floats(-8e307, 8e307)))
def test_softmax_is_a_distribution(a):
    p = softmax(a)
    assert np.isfinite(p).all()
    np.testing.assert_allclose(p.sum(axis=1), 1.0, atol=1e-12)


@pytest.mark.parametrize("name", VECTORISED)
@pytest.mark.parametrize("slope", [1.0, 4.9, -2.0])
def test_layers_agree_with_the_registry(name, slope):
    z = np.concatenate([np.linspace(-30.0, 30.0, 2001), [0.0, -0.0, 1e3, -1e3, 1e300, -1e300]])
    a = activate_layer(name, z, slope)
    np.testing.assert_allclose(a, apply(name, z, slope), rtol=1e-14, atol=1e-300)
    np.testing.assert_allclose(differentiate_layer(name, z, a, slope), apply_derivative(name, z, slope), atol=1e-14)


def test_accuracy():
    assert accuracy(np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([1, 1])) == 0.5


# Files ---------------------------------------------------------------------------------------------------------------


def test_saved_networks_load_exactly(tmp_path):
    network = MLP((5, 4, 3), ["tanh", "sigmoid"], slope=4.9, seed=8)
    save(network, tmp_path / "network.npz")
    again = load(tmp_path / "network.npz")
    assert (again.sizes, again.activations, again.slope) == (network.sizes, network.activations, network.slope)
    assert np.array_equal(again.parameters, network.parameters)
    assert [p.name for p in tmp_path.iterdir()] == ["network.npz"]


def damaged(tmp_path, **changes):
    """A saved network with some of its header changed, or arrays replaced."""
    network = MLP((2, 1), seed=1)
    outer = {"format": "neat-arena mlp", "version": 1}
    header = {"sizes": [2, 1], "activations": ["sigmoid"], "slope": 1.0}
    arrays_ = {"parameters": network.parameters}
    for key, value in changes.items():
        (arrays_ if isinstance(value, np.ndarray) else outer if key in outer else header)[key] = value
    write_arrays(tmp_path / "damaged.npz", **outer, header=header, arrays=arrays_)
    return tmp_path / "damaged.npz"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "other"}, "not a neat-arena mlp"),
        ({"version": 2}, "version 2, this program reads 1"),
        ({"sizes": [3, 1]}, "expected 4 finite parameters, got an array of shape"),
        ({"sizes": [100_000, 100_000]}, "expected 10,000,100,000 finite parameters"),
        ({"sizes": "many"}, "header of this neat-arena mlp is not usable"),
        ({"sizes": [-1, -3]}, "expected"),
        ({"activations": ["os:system"]}, "unknown activation"),
        ({"slope": None}, "header of this neat-arena mlp is not usable"),
        ({"slope": "x"}, "header of this neat-arena mlp is not usable"),
        ({"parameters": np.array([1.0, np.nan, 0.0])}, "finite"),
        ({"parameters": np.array([1, 2, 3])}, "expected 'parameters' to be float64, got int64"),
        ({"parameters": np.array([[0.0, 1.0, 2.0]])}, "got an array of shape"),
    ],
)
def test_damaged_files_are_refused(tmp_path, changes, message):
    with pytest.raises(DataError, match=message):
        load(damaged(tmp_path, **changes))


def test_files_that_are_no_network_are_refused(tmp_path):
    path = tmp_path / "x.npz"
    for content in (b"", b"not a zip file", b"PK\x03\x04" + bytes(100)):
        path.write_bytes(content)
        with pytest.raises(DataError, match="not such a file, or cut short"):
            load(path)
    save(MLP((2, 1)), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="not such a file, or cut short"):
        load(path)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "absent.npz")


def test_a_compressed_bomb_is_refused(tmp_path):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.zeros(1_000_000))
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.npy", buffer.getvalue())
    with pytest.raises(DataError, match="compressed"):
        load(tmp_path / "bomb.npz")
