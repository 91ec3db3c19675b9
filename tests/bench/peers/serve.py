"""What every native Python peer answers on its standard input and output, a line of JSON each, as the page does in a browser
and `bench --turns` for graftwork: embed, train, alternate. What the peer itself does is in its own file."""
import argparse
import json
import sys
import time


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--dtype", default="f32")
    parser.add_argument("--adapters", nargs="*", help="folders as AdapterHub lays them out")
    return parser.parse_args()


def timed(work, least, seconds):
    """Milliseconds of each call, until there are `least` of them and they took `seconds` together."""
    ms, last = [], None
    while len(ms) < least or (sum(ms) < seconds * 1000 and len(ms) < 50):
        started = time.perf_counter()
        last = work(len(ms))
        ms.append((time.perf_counter() - started) * 1000)
    return ms, last


def embed(peer, texts, warm, least, seconds):
    timed(lambda _: peer.embed(texts), 1, warm)
    ms, vectors = timed(lambda _: peer.embed(texts), least, seconds)
    return {"ms": ms, "vectors": vectors.tolist(), "tokens": peer.tokens(texts)}


def train(peer, step, steps):
    losses, ends = [], []
    for loss in peer.train(step, steps):
        losses.append(loss)
        ends.append(time.perf_counter())
    return {"ms": [(ends[-1] - ends[0]) * 1000 / (len(ends) - 1)], "losses": losses}


def alternate(peer, text, least, seconds):
    names = peer.adapters()
    for name in names:
        peer.classify(name, text)
    ms, _ = timed(lambda i: peer.classify(names[i % len(names)], text), least, seconds)
    return {"ms": ms}


def serve(peer, version):
    """`peer` has had its first answer."""
    say = lambda answer: print(json.dumps(answer), flush=True)
    say({"version": version})
    for line in sys.stdin:
        words = json.loads(line)
        say({"embed": embed, "train": train, "alternate": alternate}[words.pop("do")](peer, **words))
