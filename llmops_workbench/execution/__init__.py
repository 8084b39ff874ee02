"""Jobs: detached processes with a folder, watched, stopped and resumed from anywhere."""
