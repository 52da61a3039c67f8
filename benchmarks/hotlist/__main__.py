import sys

from benchmarks.hotlist import main

main(big="--big" in sys.argv)
