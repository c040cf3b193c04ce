"""The baseline: the 2016 recipe behind nginx and php-fpm (8 children, opcache), on MariaDB."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pymysql

HERE = Path(__file__).parent / "baseline"

FPM = """\
[global]
error_log = {directory}/fpm.log
daemonize = no
[bench]
user = www-data
group = www-data
listen = {directory}/fpm.sock
listen.backlog = 1024
pm = static
pm.max_children = 8
env[DSN] = "mysql:unix_socket={socket};dbname=recipe;charset=binary"
"""

NGINX = """\
daemon off;
{user}
worker_processes 1;
pid {directory}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_max_body_size 8m;
  client_body_buffer_size 128k;
  client_header_buffer_size 16k;
  keepalive_requests 1000000000;
  client_body_temp_path {directory}/body;
  fastcgi_temp_path {directory}/fastcgi;
  proxy_temp_path {directory}/proxy;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    location / {{
      include /etc/nginx/fastcgi_params;
      fastcgi_param SCRIPT_FILENAME {script};
      fastcgi_pass unix:{directory}/fpm.sock;
    }}
  }}
}}
"""


@contextmanager
def serve(directory: Path, port: int, socket: Path) -> Iterator[list[int]]:
    """Run the recipe on `port`, inserting through `socket`; gives the pids of nginx and php-fpm."""
    directory.chmod(0o755)
    script = directory / "auditLogReceiver.php"
    script.write_bytes((HERE / "auditLogReceiver.php").read_bytes())
    root = os.geteuid() == 0
    (directory / "fpm.conf").write_text(FPM.format(directory=directory, socket=socket))
    (directory / "nginx.conf").write_text(
        NGINX.format(
            directory=directory,
            port=port,
            script=script,
            user="user root;" if root else "",
        )
    )
    fpm = ["php-fpm8.2", "-n", "-y", str(directory / "fpm.conf"), "-F"]
    for extension in ("pdo", "mysqlnd", "pdo_mysql"):
        fpm += ["-d", f"extension={extension}.so"]
    fpm += ["-d", "display_errors=0"]
    fpm += ["-d", "zend_extension=opcache.so", "-d", "opcache.enable=1"]
    log = str(directory / "nginx.log")
    nginx = ["nginx", "-e", log, "-p", str(directory), "-c", str(directory / "nginx.conf")]
    processes = [subprocess.Popen(fpm), subprocess.Popen(nginx)]
    try:
        _wait_for(directory / "fpm.sock")
        _wait_for(directory / "nginx.pid")
        yield [process.pid for process in processes]
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(20)


def prepare(connection: "pymysql.Connection[pymysql.cursors.Cursor]") -> None:
    """The recipe's table in a database of its own, with a user for PHP."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE recipe")
        cursor.execute("CREATE USER bench@localhost IDENTIFIED BY 'bench'")
        cursor.execute("GRANT ALL ON recipe.* TO bench@localhost")
        cursor.execute("USE recipe")
        text = (HERE / "schema.sql").read_text()
        cursor.execute("\n".join(x for x in text.splitlines() if not x.startswith("--")))


def stored(connection: "pymysql.Connection[pymysql.cursors.Cursor]") -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM recipe.audit_log")
        row = cursor.fetchone()
    assert row
    return int(row[0])


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + 20
    while not path.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{path} did not appear")
        time.sleep(0.05)
