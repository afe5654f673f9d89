import subprocess
import sys


def test_importing_the_package_imports_nothing_heavy():
    code = (
        "import sys, nbutils.models, nbutils.models.options; "
        "print(*({'torch', 'transformers', 'pandas', 'accelerate'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
