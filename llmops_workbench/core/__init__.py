"""What every room stands on: operations, references, the workspace, events and errors."""
