"""The rig: contestants, rows, rounds, a report. Standard library only."""
