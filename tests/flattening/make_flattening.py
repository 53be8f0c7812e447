#!/usr/bin/env python3
"""Reference numbers for how SAM flattens: the valley and the small network, independent of the program.

Losses are written as functions of whole arrays, gradients by hand in matrix form and checked against central
differences; SAM's steps are the two lines of the paper. Eigenvalues come from numpy's symmetric solver on a Hessian of central
differences of the gradient, refined once (Richardson). The predicted paths are integrated by Runge and Kutta in small steps:
that of the valley as an equation in a alone, that of the network on the Gram matrix J J'/n of its Jacobian, whose eigenvalues are
those of the Hessian wherever the residuals are zero.

    python3 -m venv venv && venv/bin/pip install numpy && venv/bin/python make_flattening.py     writes flattening.json
"""
import json, os
import numpy as np
HERE = os.path.dirname(os.path.abspath(__file__))

# ---------------------------------------------------------------- the two landscapes: loss and gradient of some examples
class Valley:
    name, n = 'valley', 2
    F = [lambda a: 10 + (a - 1) ** 2, lambda a: 1 + (a + 1) ** 2]
    def loss(self, w, which=None):
        l = [self.F[0](w[0]) * w[1] ** 2, self.F[1](w[0]) * w[2] ** 2]
        return sum(l) / 2 if which is None else l[which]
    def grad(self, w, which=None):
        a, c, d = w
        g = [np.array([2 * (a - 1) * c * c, 2 * self.F[0](a) * c, 0.0]), np.array([2 * (a + 1) * d * d, 0.0, 2 * self.F[1](a) * d])]
        return (g[0] + g[1]) / 2 if which is None else g[which]

class Network:
    """f(x) = v . tanh(U x + b) + c, l = (f - y)^2/2; w = [u11 u12 b1, u21 ...] (6 units), v (6), c."""
    name, n, H = 'network', 6, 6
    X = np.array([[1.0, 0.8], [-0.9, -1.0], [0.3, -0.2], [-1.0, 0.9], [0.8, -1.1], [-0.4, 0.1]])
    Y = np.array([1.0, 1.0, 1.0, -1.0, -1.0, -1.0])
    def parts(self, w):
        return w[:18].reshape(6, 3)[:, :2], w[:18].reshape(6, 3)[:, 2], w[18:24], w[24]
    def forward(self, w):
        U, b, v, c = self.parts(w)
        h = np.tanh(self.X @ U.T + b)
        return h, h @ v + c - self.Y
    def loss(self, w, which=None):
        l = self.forward(w)[1] ** 2 / 2
        return l.mean() if which is None else l[which]
    def jacobian(self, w):
        U, b, v, c = self.parts(w)
        h, r = self.forward(w)
        back = (1 - h ** 2) * v                                            # n x H
        into = back[:, :, None] * np.concatenate([self.X, np.ones((self.n, 1))], 1)[:, None, :]
        return np.concatenate([into.reshape(self.n, 18), h, np.ones((self.n, 1))], 1), r
    def grad(self, w, which=None):
        J, r = self.jacobian(w)
        return J.T @ r / self.n if which is None else J[which] * r[which]

def check(P, w):
    for which in (None, 0, 1):
        for k in range(len(w)):
            e = np.zeros(len(w)); e[k] = 1e-6
            slope = (P.loss(w + e, which) - P.loss(w - e, which)) / 2e-6
            assert abs(slope - P.grad(w, which)[k]) < 1e-8, (P.name, which, k)

# ---------------------------------------------------------------- SAM
def sam(P, w, rho, rate, picks):
    for which in picks:
        g = P.grad(w, which)
        w = w - rate * P.grad(w + rho * g / np.sqrt(g @ g), which)
    return w

def hessian(P, w):
    n = len(w); E = np.eye(n)
    at = lambda h: np.array([(P.grad(w + h * E[k]) - P.grad(w - h * E[k])) / (2 * h) for k in range(n)])
    H = (4 * at(5e-4) - at(1e-3)) / 3
    return (H + H.T) / 2

# ---------------------------------------------------------------- predicted paths
kappa = lambda rate, l: (2 / (2 - rate * l)) ** 2
def runge_kutta(f, y, tau, steps):
    h = tau / steps
    for _ in range(steps):
        k1 = f(y); k2 = f(y + h / 2 * k1); k3 = f(y + h / 2 * k2); k4 = f(y + h * k3)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return y

def valley_path(lowers, rate):
    F1, F2 = Valley.F
    if lowers == 'largest':
        return lambda a: -(a - 1) * kappa(rate, F1(a))
    # an example's own Hessian is twice its share of the mean
    return lambda a: -(a - 1) * kappa(rate, 2 * F1(a)) - (a + 1) * kappa(rate, 2 * F2(a))

def network_path(P, lowers, rate):
    def value(w):
        J, _ = P.jacobian(w)
        if lowers == 'largest':
            return np.linalg.eigvalsh(J @ J.T / P.n)[-1]
    def slope(q, w, h=1e-5):
        E = np.eye(len(w))
        return np.array([(q(w + h * e) - q(w - h * e)) / (2 * h) for e in E])
    def f(w):
        J, _ = P.jacobian(w)
        if lowers == 'largest':
            v = -0.5 * kappa(rate, value(w)) * slope(value, w)
        else:
            # each example's ||J_i||^2 with its own speed
            v = sum(-0.5 * kappa(rate, J[i] @ J[i]) * slope(lambda w: P.jacobian(w)[0][i] @ P.jacobian(w)[0][i], w) for i in range(P.n)) / P.n
        return v - J.T @ np.linalg.solve(J @ J.T, J @ v)
    return f

def to_minimiser(P, w):
    for _ in range(4000): w = w - 0.02 * P.grad(w)
    for _ in range(30):
        J, r = P.jacobian(w); w = w - J.T @ np.linalg.solve(J @ J.T, r)
    assert np.abs(P.forward(w)[1]).max() < 1e-13
    return w

def main():
    valley, network = Valley(), Network()
    rng = np.random.default_rng(7)
    start = np.array([-0.5, 0.3, 0.4])
    w0 = to_minimiser(network, rng.uniform(-1.5, 1.5, 25))
    off = w0 + 0.02 * rng.standard_normal(25)
    check(valley, start); check(network, off)
    runs = []
    def run(name, P, w, rho, rate, picks):
        runs.append(dict(name=name, landscape=P.name, rho=rho, rate=rate, start=list(w), steps=len(picks),
                         examples=None if picks[0] is None else picks, w=list(sam(P, w, rho, rate, picks))))
    run('valley, whole batch, 1 step', valley, start, 0.08, 0.005, [None])
    run('valley, whole batch, 500 steps', valley, start, 0.08, 0.005, [None] * 500)
    run('valley, whole batch, 60000 steps', valley, start, 0.02, 0.05, [None] * 60000)
    run('valley, whole batch, 15000 steps', valley, start, 0.04, 0.05, [None] * 15000)
    run('valley, one example, 400 steps', valley, start, 0.08, 0.005, [int(i) for i in rng.integers(0, 2, 400)])
    run('network, whole batch, 1 step', network, off, 0.04, 0.05, [None])
    run('network, whole batch, 300 steps', network, off, 0.04, 0.05, [None] * 300)
    run('network, one example, 300 steps', network, off, 0.04, 0.05, [int(i) for i in rng.integers(0, 6, 300)])
    # the ascent-direction sharpness: descent with derivatives by central differences
    S = lambda a, t: 0.5 * (valley.F[0](a) * np.cos(t) ** 2 + valley.F[1](a) * np.sin(t) ** 2)
    g = valley.grad(start); a, t, pace = -0.5, np.arctan2(abs(g[2]), abs(g[1])), 0.005 * 0.08 ** 2
    # S is what the loss rises by, over rho^2, where the gradient has that direction and w is next to the floor
    w = np.array([-0.3, 1e-9 * np.cos(0.7) / valley.F[0](-0.3), 1e-9 * np.sin(0.7) / valley.F[1](-0.3)])
    gw = valley.grad(w); assert abs((valley.loss(w + 0.01 * gw / np.sqrt(gw @ gw)) - valley.loss(w)) / 0.01 ** 2 - S(-0.3, 0.7)) < 1e-6
    h = 1e-5
    for _ in range(20000):
        a, t = a - pace * (S(a + h, t) - S(a - h, t)) / (2 * h), t - pace * (S(a, t + h) - S(a, t - h)) / (2 * h)
    ascent = dict(rho=0.08, rate=0.005, start=list(start), place=-0.5, steps=20000, a=a)
    curvatures, flows = [], []
    for P, w in ((valley, start), (valley, np.array([0.2, 0.01, -0.02])), (network, w0), (network, off)):
        values = np.linalg.eigvalsh(hessian(P, w))
        curvatures.append(dict(landscape=P.name, w=list(w), largest=max(values, key=abs), trace=values.sum()))
    for lowers in ('largest', 'trace'):
        for rate in (0.0, 0.05 if lowers == 'largest' else 0.005):
            a = runge_kutta(valley_path(lowers, rate), -0.5, 1.0, 2000)
            flows.append(dict(landscape='valley', lowers=lowers, rate=rate, start=[-0.5, 0.0, 0.0], tau=1.0, w=[a, 0.0, 0.0],
                              largest=valley.F[0](a), trace=valley.F[0](a) + valley.F[1](a)))
        w = runge_kutta(network_path(network, lowers, 0.05), w0, 0.5, 100)
        J, r = network.jacobian(w)
        assert np.abs(r).max() < 1e-6
        flows.append(dict(landscape='network', lowers=lowers, rate=0.05, start=list(w0), tau=0.5, w=list(w),
                          largest=np.linalg.eigvalsh(J @ J.T / 6)[-1], trace=(J ** 2).sum() / 6))
    # the floor of the gradient: a quadratic of one weight, 2000 steps
    predictions = []
    for l, rho, rate in ((12.0, 0.02, 0.05), (3.3, 0.04, 0.05), (0.7, 0.1, 0.01)):
        x = 0.3
        for _ in range(20000): x = x - rate * l * (x + rho * np.sign(x))
        predictions.append(dict(largest=l, rho=rho, rate=rate, floor=l * abs(x)))
    out = dict(problem='flattening', runs=runs, ascent=ascent, curvatures=curvatures, flows=flows, predictions=predictions)
    with open(os.path.join(HERE, 'flattening.json'), 'w') as f:
        json.dump(out, f, default=float, indent=None, separators=(',', ':'))
        f.write('\n')

if __name__ == '__main__':
    main()
