"""Gradient training: the fixed-topology baseline, and backpropagation through evolved networks, in NumPy.

==================  ==================================================================================================
`mlp`               multilayer perceptron: forward and backward pass (Nielsen 2015, chapter 2)
`initialisation`    first weights (Glorot & Bengio 2010; He et al. 2015; Saxe et al. 2014; LeCun et al. 1998)
`losses`            squared error, cross-entropy, softmax cross-entropy
`optimizers`        gradient descent, momentum (Polyak 1964), Adam (Kingma & Ba 2015)
`training`          full batch and mini-batches
`regression`        linear and logistic regression as perceptrons without a hidden layer
`saving`            perceptrons in .npz files, without pickle
`idx`               MNIST's file format
`genome`            backpropagation through an evolved feed-forward network
`finetuning`        learning from examples within a lifetime, Lamarckian or Baldwinian
`distributions`     distributions over actions: categorical, normal, gSDE (Raffin, Kober & Stulp 2021)
`ppo`               proximal policy optimisation (Schulman et al. 2017; Huang et al. 2022)
`dqn`               deep Q-learning (Mnih et al. 2015)
`arithmetic`        operators of numbers that know their derivatives, for the next two
`dual`              automatic differentiation forward, by dual numbers
`expression`        automatic differentiation forward and in reverse, by expression trees
`formulas`          activations and costs as formulas for both
==================  ==================================================================================================

What is trained offers `differentiable.Differentiable`: all its numbers in one vector, a forward and a backward pass.

Example:
    >>> import numpy as np
    >>> from neat.backprop.losses import CrossEntropy
    >>> from neat.backprop.mlp import MLP
    >>> from neat.backprop.optimizers import Adam
    >>> from neat.backprop.training import train
    >>> x, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0], [1], [1], [0]])
    >>> network = MLP((2, 4, 1), ["tanh", "sigmoid"], seed=1)
    >>> history = train(network, x, y, CrossEntropy(), Adam(0.05), epochs=500)
    >>> network.predict(x).round().ravel().tolist()
    [0.0, 1.0, 1.0, 0.0]
"""
