"""A champion as one HTML page: its network runs in the reader's browser, and plays if its game exists in JavaScript.

``games/`` has the bundled games in JavaScript. A test compares each with the compiled game. A user's game brings its
own file (`experiments.share.games`).
"""
