"""A drill: live ledgers of all five systems, healthy but for faults planted on a schedule, to train eyes and alarms.

Healthy events are written by ``console.library``, which refuses what the rules would find; faults go around it. What is
written follows from the seed alone but for its times. What was planted stands in a file beside the folder, where a
console that watches the folder does not look.
"""
