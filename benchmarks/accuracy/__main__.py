"""`python -m benchmarks.accuracy --data folder` prints the accuracy table."""

from benchmarks.accuracy.table import main

main()
