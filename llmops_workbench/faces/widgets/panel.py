"""The widget: a few small values, and the loader of its page."""

from __future__ import annotations

import sys
import uuid
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from llmops_workbench.core import context, views
from llmops_workbench.core.store.plain import plain
from llmops_workbench.faces.kernel import kernel_here
from llmops_workbench.faces.widgets import module
from llmops_workbench.faces.widgets.desk import Desk

if TYPE_CHECKING:
    from llmops_workbench.core.workspace import Workspace


class Panel(anywidget.AnyWidget):
    """A view in a notebook.

    Args:
        view: The view's name.
        subject: A pinned reference; left out for the whole workspace, or for `held`.
        workspace: Where the subject is; None for an object of the kernel alone.
        held: Such an object: a frame, or a result that no run recorded.
        state: What its page should begin with, such as `{"sort": "loss"}`.

    Raises:
        NotFoundError: There is no such view, its page was not built, or the subject names nothing.
    """

    # One that is given as a path would be watched for changes.
    _esm = traitlets.Unicode().tag(sync=True)

    view = traitlets.Unicode().tag(sync=True)
    """The view's name."""

    subject = traitlets.Unicode().tag(sync=True)
    """The pinned reference of what is shown."""

    workspace = traitlets.Unicode().tag(sync=True)
    """The id of the workspace, by which JupyterLab knows whether its server has it open."""

    initial = traitlets.Dict().tag(sync=True)
    """What the Python side said first."""

    state = traitlets.Dict().tag(sync=True)
    """What the page keeps: the sorting, the filters, the open tab."""

    me = traitlets.Unicode().tag(sync=True)
    """The widget's own id."""

    def __init__(
        self,
        view: str,
        subject: str = "",
        *,
        workspace: Workspace | None = None,
        held: object | None = None,
        state: dict[str, Any] | None = None,
    ) -> None:
        if held is not None and not subject:
            subject = f"kernel:{uuid.uuid4().hex[:12]}"
        self._shown = views.get(view)(workspace, subject, held)
        with context.activate(workspace):
            initial = plain(self._shown.state())
        super().__init__(
            _esm=module.loader(),
            view=view,
            subject=subject,
            workspace="" if workspace is None else workspace.id,
            initial=initial,
            state=dict(state or {}),
        )
        self.me = self.model_id
        self._cell = _parent()
        self._desk = Desk(self.send, self._warn, workspace, held)
        self.on_msg(lambda _widget, content, _buffers: self._desk.hear(content))

    def static_html(self) -> str:
        """Give the same as HTML without scripts, for whoever reads the saved notebook."""
        with context.activate(self._shown.workspace):
            return self._shown.static_html()

    def renew(self) -> None:
        """Say anew what it begins with: a page that cannot ask meanwhile sees this."""
        with context.activate(self._shown.workspace):
            self.initial = plain(self._shown.state())
        self._desk.changed()

    def close(self) -> None:
        """Stop what its page has asked, and take the widget away."""
        if hasattr(self, "_desk"):
            self._desk.close()
            self._shown.close()
        super().close()

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        from llmops_workbench.faces.widgets.showing import bundle

        return bundle(self), {}

    def _warn(self, message: str) -> None:
        """Write below the cell that shows the panel, whichever cell runs now."""
        text = f"warning: {message}\n"
        kernel = kernel_here()
        if kernel is None or not self._cell:
            sys.stderr.write(text)
            return
        content = {"name": "stderr", "text": text}
        kernel.session.send(kernel.iopub_socket, "stream", content, parent=self._cell)


def _parent() -> dict[str, Any]:
    kernel = kernel_here()
    return dict(kernel.get_parent("shell")) if kernel is not None else {}
