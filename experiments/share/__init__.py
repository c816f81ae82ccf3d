"""A champion as one page to hand on: its network runs in the reader's browser, and plays where its game can.

``games/`` has the bundled games in JavaScript, each compared with the compiled one by a test; games of one's own bring
theirs (`experiments.share.games`).
"""
