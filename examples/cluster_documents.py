"""Cluster documents: the subjects of the docstrings in Python's standard library."""

import importlib
import inspect
from collections.abc import Iterator

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer

from smalti.sklearn import KMeans

MODULES = """
    argparse ast asyncio base64 bisect bz2 calendar cmath collections concurrent.futures
    configparser contextlib copy csv dataclasses datetime decimal difflib dis doctest email.header
    email.message email.utils enum fileinput fractions ftplib functools gettext glob gzip hashlib
    heapq hmac html html.parser http.client http.cookies http.server imaplib inspect io ipaddress
    itertools json locale logging logging.handlers lzma mailbox math mimetypes multiprocessing
    numbers operator optparse os pathlib pickle platform plistlib poplib posixpath pprint queue
    random re sched selectors shelve shlex shutil smtplib socket socketserver sqlite3 ssl statistics
    string struct subprocess tarfile tempfile textwrap threading time timeit tokenize traceback
    types unittest unittest.mock urllib.parse urllib.request uuid warnings wave weakref
    xml.dom.minidom xml.etree.ElementTree xml.sax zipfile zlib
"""


def docstrings(module_name: str) -> Iterator[str]:
    """Docstrings of the module's public functions and classes, and of the classes' methods."""
    try:
        module = importlib.import_module(module_name)
    except ImportError:  # some systems' Python is built without it
        return
    members = [value for name, value in sorted(vars(module).items()) if not name.startswith("_")]
    for member in members:
        if inspect.isroutine(member) or inspect.isclass(member):
            yield inspect.getdoc(member) or ""
        if inspect.isclass(member):
            for name, method in sorted(vars(member).items()):
                if inspect.isroutine(method) and not name.startswith("_"):
                    yield inspect.getdoc(method) or ""


found = [text for name in MODULES.split() for text in docstrings(name)]
# Many things are found in several modules, and a few words are no document.
documents = [text for text in dict.fromkeys(found) if len(text.split()) >= 8]

words = TfidfVectorizer(stop_words="english", min_df=5, max_df=0.2, token_pattern="[a-z]{3,}")
subjects = TruncatedSVD(n_components=60, random_state=0)
clusters = KMeans(n_clusters=16, n_init=5, random_state=0)
labels = make_pipeline(words, subjects, Normalizer(copy=False), clusters).fit_predict(documents)

# The centres lie among the subjects: the SVD leads back from there to words.
weights = clusters.cluster_centers_ @ subjects.components_
terms = words.get_feature_names_out()
print(f"{len(documents)} documents of {len(terms)} words")
for label, size in enumerate(np.bincount(labels)):
    top = terms[np.argsort(weights[label])[::-1][:6]]
    print(f"{size:5} documents: {', '.join(top)}")
