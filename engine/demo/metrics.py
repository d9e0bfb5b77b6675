"""Writes the machine's load by the minute: days, nights, restarts, backups, a filling disk."""

from __future__ import annotations

from engine.demo.stamps import stamper
from engine.demo.timeline import BACKUP_OF_DAY, DAY, HOUR, MACHINE, MINUTE, Scene, Timeline
from engine.demo.writer import Writer

_OFFSET_S = 4
_BACKUP_LASTS = 14 * MINUTE
_RESTART_EVERY = 7 * DAY
_DISK_FIRST, _DISK_LAST = 51.0, 79.5


def write_system_metrics(scene: Scene, writer: Writer) -> None:
    """Writes `system_metrics`, one row for each minute at any scale."""
    random = scene.random("metrics")
    stamp = stamper(scene, random, 0.25)
    load = Timeline(scene, MACHINE, "metrics/load", growth=True, during_outage=0.15)
    add = writer.rows("system_metrics")
    gauss = random.gauss
    cpu_walk = memory_walk = spike = 0.0
    scratch = 0.0  # temporary files, removed after each backup
    for at in range(scene.start + _OFFSET_S, scene.now, MINUTE):
        level = load.level(at)
        of_day = at % DAY
        backing_up = 0 <= of_day - BACKUP_OF_DAY < _BACKUP_LASTS
        # Random walks that return to zero: smooth from minute to minute, and never far from it.
        cpu_walk = 0.93 * cpu_walk + gauss(0.0, 1.6)
        memory_walk = 0.985 * memory_walk + gauss(0.0, 0.22)
        spike = spike * 0.55 if random.random() > 0.006 else 12 + 30 * random.random()
        cpu = 8 + 17 * level + cpu_walk + spike + (27 if backing_up else 0)
        if 0 <= at - scene.outage_end < 3 * HOUR:
            cpu += 24  # the queue that piled up is worked off
        since_restart = (at - scene.start) % _RESTART_EVERY / _RESTART_EVERY
        memory = 44 + 13 * since_restart + 4.5 * level + memory_walk + (9 if scene.in_outage(at) else 0)
        scratch = 0.0 if of_day < MINUTE + BACKUP_OF_DAY <= of_day + MINUTE else scratch + 0.0011 * level
        filled = (at - scene.start) / (scene.now - scene.start)
        disk = _DISK_FIRST + (_DISK_LAST - _DISK_FIRST) * filled**1.1 + scratch
        add(
            (
                None,
                round(min(100.0, max(1.0, cpu)), 1),
                round(min(98.0, max(20.0, memory)), 1),
                round(min(100.0, disk), 2),
                stamp(at),
            )
        )
        if of_day < MINUTE:
            writer.flush()
    writer.flush()
