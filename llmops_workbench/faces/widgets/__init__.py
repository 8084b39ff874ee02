"""Panels in a notebook: the widget, what answers its page, and when a result is shown as one."""
