"""Loggers with MXNet's line format."""

import logging
import re

import mxnet as mx


def test_lines_begin_with_the_level_and_the_place(tmp_path):
    path = tmp_path / "out.log"
    logger = mx.log.get_logger("symnet.test.file", str(path), level=mx.log.INFO)
    logger.info("hello %d", 3)
    logger.debug("unseen")
    for handler in logger.handlers:
        handler.close()
    assert re.fullmatch(r"I\d{4} \d\d:\d\d:\d\d \d+ .*test_log\.py:\w+:\d+\] hello 3\n", path.read_text())


def test_a_logger_is_set_up_once():
    first = mx.log.getLogger("symnet.test.once")
    assert mx.log.get_logger("symnet.test.once") is first
    assert len(first.handlers) == 1
    assert first.level == logging.WARNING


def test_the_root_logger_is_left_alone():
    before = list(logging.getLogger().handlers)
    assert mx.log.get_logger() is logging.getLogger()
    assert logging.getLogger().handlers == before
