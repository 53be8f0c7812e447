#!/usr/bin/env python3
"""Reference numbers for the sharpness of the golden problems, in 40-digit arithmetic.

Losses and hand-written gradients are those of ../golden/make_golden.py. The Hessian is the central difference of the
gradients with h = 1e-14, exact to about 1e-27; its eigenvalues come from mpmath's symmetric solver.

    python3 make_sharpness.py            writes sharpness.json next to this file
"""
import json, os, sys
from mpmath import mpf, matrix, eigsy
HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(HERE, os.pardir, 'golden'))
from make_golden import LogReg, MLP2, EmbBag, add, dot, nrm, scl

RHO, ADAPTIVE_RHO, SIGMA, ADAPTIVE_SIGMA = mpf('0.1'), mpf('0.5'), mpf('0.05'), mpf('0.1')

def mean(vectors):
    return scl([sum(column) for column in zip(*vectors)], mpf(1) / len(vectors))

def sharpness(P):
    w, B = P.w, len(P.items)
    L = lambda w: sum(P.loss(w, it) for it in P.items) / B
    G = lambda w: mean([P.grad(w, it) for it in P.items])
    h, n = mpf('1e-14'), len(w)
    basis = lambda j: [mpf(int(i == j)) for i in range(n)]
    rows = [scl(add(G(add(w, basis(j), h)), G(add(w, basis(j), -h)), -1), 1 / (2 * h)) for j in range(n)]
    H = matrix(n, n)
    for i in range(n):
        for j in range(n):
            H[i, j] = (rows[i][j] + rows[j][i]) / 2
    values = sorted((v for v in eigsy(H, eigvals_only=True)), key=abs)
    g = G(w)
    rise = lambda e: L(add(w, e)) - L(w)
    own = [P.grad(w, it) for it in P.items]
    example_gap = sum(P.loss(add(w, gi, RHO / nrm(gi)), it) - P.loss(w, it) for gi, it in zip(own, P.items)) / B
    T = [abs(x) for x in w]
    Tg = [t * x for t, x in zip(T, g)]
    adaptive = scl([t * x for t, x in zip(T, Tg)], ADAPTIVE_RHO / nrm(Tg))
    both = lambda e: (rise(e) + rise(scl(e, -1))) / 2
    # The climb of SAM and of per-instance SAM, less the plain gradient.
    D = add(G(add(w, g, RHO / nrm(g))), g, -1)
    exact = mean([P.grad(add(w, gi, RHO / nrm(gi)), it) for gi, it in zip(own, P.items)])
    best = add(exact, g, -1)
    return dict(
        rho=RHO, adaptive_rho=ADAPTIVE_RHO, sigma=SIGMA, adaptive_sigma=ADAPTIVE_SIGMA,
        eigenvalues=values, trace=sum(H[i, i] for i in range(n)),
        gap=rise(scl(g, RHO / nrm(g))), example_gap=example_gap, adaptive_gap=rise(adaptive),
        average_rise=both(scl(P.xi, SIGMA)),
        adaptive_average_rise=both([ADAPTIVE_SIGMA * t * x for t, x in zip(T, P.xi)]),
        sam_alignment_cosine=dot(D, best) / (nrm(D) * nrm(best)),
        sam_alignment_distance=nrm(add(D, best, -1)) / nrm(best),
    )

def plain(v):
    return [float(x) for x in v] if isinstance(v, list) else float(v)

if __name__ == '__main__':
    out = {P.name: {k: plain(v) for k, v in sharpness(P).items()} for P in (LogReg(), MLP2(), EmbBag())}
    with open(os.path.join(HERE, 'sharpness.json'), 'w') as f:
        json.dump(out, f, indent=1)
        f.write('\n')
