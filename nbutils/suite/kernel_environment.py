"""Kernels with environment variables of their own, beside those of the process that starts them."""

import os
from typing import Any

from jupyter_client import AsyncKernelManager
from traitlets import Dict


class EnvironmentKernelManager(AsyncKernelManager):
    """Starts a kernel with more environment variables; `environment` is set through the configuration."""

    environment = Dict(help="environment variables, name -> text").tag(config=True)

    async def start_kernel(self, **options: Any) -> None:
        """Start the kernel; `options` are the base class's."""
        await super().start_kernel(env={**os.environ, **self.environment}, **options)
