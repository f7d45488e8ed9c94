"""Recognise automatic mail: out-of-office answers, bounces, reports."""
