"""Storage that tests of URLs share."""

import functools
import http.server
import threading
import uuid

import fsspec
import pytest

from tests.batch.urls import Bucket


@pytest.fixture
def memory():
    """An empty place in fsspec's memory, which all tests share."""
    name = f"smalti-{uuid.uuid4().hex}"
    yield Bucket(f"memory://{name}")
    storage = fsspec.filesystem("memory")
    for place in [path for path in storage.store if path.startswith(f"/{name}/")]:
        del storage.store[place]
    storage.pseudo_dirs[:] = [path for path in storage.pseudo_dirs if name not in path]


@pytest.fixture(scope="module")
def object_server():
    """The address of a server that speaks as Amazon's S3."""
    pytest.importorskip("s3fs", reason="needs the extra smalti[s3]")
    server_module = pytest.importorskip("moto.server", reason="needs moto[server]")
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(object_server, monkeypatch):
    """An empty bucket on the server."""
    options = {"endpoint_url": object_server, "key": "key", "secret": "secret"}
    monkeypatch.setitem(fsspec.config.conf, "s3", options)
    name = f"smalti-{uuid.uuid4().hex}"
    fsspec.filesystem("s3").mkdir(name)
    return Bucket(f"s3://{name}")


@pytest.fixture(params=["memory", "s3"])
def bucket(request):
    """A place for files, at URLs of two kinds."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def web(tmp_path):
    """A folder, and the URL at which a web server shows it."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    folder = tmp_path / "web"
    folder.mkdir()
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
