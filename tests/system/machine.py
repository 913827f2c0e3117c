"""A machine that Debian's systemd has booted, with maintd installed: a container of systemd-nspawn.

    with Machine() as m:
        m.systemctl('start', 'maintd')
        m.write('/etc/maintd/manifests/db.yaml', text)
        m.run('journalctl', '-u', 'maintd')

Its file system is made once for a build directory by debootstrap, and never written: each machine sees it through an overlay in memory.
It has processes, mounts, host name, control groups and network (loopback alone) to itself, so that several run side by side. The test
moves into its network: 127.0.0.1 is the machine's, for requests and for proxies alike.

A machine ends with the test, whatever becomes of that: its processes are in a PID namespace whose first process dies with us.

This wants root (namespaces, overlays, a control group) and Debian's mirror, once. Where one of them is not to be had, tests are skipped.
"""
import ctypes
import fcntl
import json
import os
import pathlib
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))

from harness import PATIENCE, eventually, skip  # noqa: E402

BUILD = pathlib.Path(os.environ.get('MAINTD_BUILD', '/tmp/build'))
HERE = pathlib.Path(__file__).resolve().parent
PROGRAMS = ('src/daemon/maintd', 'src/ctl/maintctl', 'src/page/maintd-page')
PACKAGES = ('systemd', 'systemd-sysv', 'dbus', 'iproute2', 'procps', 'sqlite3', 'tzdata')
CGROUPS = '/sys/fs/cgroup/unified', '/sys/fs/cgroup'
PREFIX = 'maintd-test-'
PR_SET_PDEATHSIG, CLONE_NEWNET = 1, 0x40000000

os.environ['PATH'] += ':/usr/sbin:/sbin'     # where debootstrap is, whoever started us
libc = ctypes.CDLL(None, use_errno=True)


def call(function, *arguments):
    if function(*arguments) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def checked(*argv, **options):
    """Runs a program of this machine; its output. A failure is an assertion with what it said."""
    done = subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, **options)
    assert done.returncode == 0, f'{argv}: status {done.returncode}\n{done.stdout}'
    return done.stdout


# ── what it needs ──

def cgroup_root():
    """Where control groups of version 2 are."""
    return next((pathlib.Path(path) for path in CGROUPS if os.path.exists(path + '/cgroup.procs') and os.path.exists(path + '/cgroup.controllers')), None)


def require():
    """Ends the test as skipped where no machine can be booted, before anything is begun."""
    if os.geteuid() != 0:
        skip('not root: booting a machine takes namespaces, an overlay and a control group of its own')
    for program, package in (('debootstrap', 'debootstrap'), ('systemd-nspawn', 'systemd-container'), ('nsenter', 'util-linux'), ('unshare', 'util-linux')):
        if not shutil.which(program):
            skip(f'{program} is not installed: package {package}')
    for program in PROGRAMS:
        if not (BUILD / program).exists():
            skip(f'{program} is not built')
    if not cgroup_root():
        skip('no control groups of version 2 are mounted here')
    tried = subprocess.run(['unshare', '--mount', '--pid', '--net', '--fork', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], stdin=subprocess.DEVNULL,
                           capture_output=True, text=True, check=False)
    if tried.returncode:
        skip('namespaces are not to be had here: ' + tried.stderr.strip())
    group = cgroup_root() / f'{PREFIX}try-{os.getpid()}'
    try:
        group.mkdir()
        group.rmdir()
    except OSError as error:
        skip(f'no control group can be made here: {error}')


# ── the tree ──

def mirror():
    """Where apt has its packages from, and through which proxy."""
    candidates = [p for folder in ('/etc/apt/sources.list.d', '/etc/apt') for p in sorted(pathlib.Path(folder).glob('*')) if p.is_file()]
    text = '\n'.join(p.read_text(errors='replace') for p in candidates if p.suffix in ('.sources', '.list'))
    found = re.search(r'^(?:URIs:|deb\s+(?:\[.*?\]\s+)?)\s*(\S+/debian/?)(?:\s|$)', text, re.M)
    asked = subprocess.run(['apt-config', 'shell', 'PROXY', 'Acquire::http::Proxy'], capture_output=True, text=True, check=False).stdout
    proxy = re.search("='(.+)'", asked)
    proxy = proxy[1] if proxy else os.environ.get('MAINTD_APT_PROXY') or os.environ.get('http_proxy')
    return found[1] if found else 'http://deb.debian.org/debian', {'http_proxy': proxy} if proxy else {}


def make_tree(tree, suite):
    """What is in it is Debian's alone; made beside its place and moved there whole."""
    new, log = tree.with_suffix('.new'), tree.with_suffix('.log')
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    address, env = mirror()
    with log.open('wb') as out:
        done = subprocess.run(['unshare', '--mount', 'sh', HERE / 'machine-tree.sh', new.resolve(), suite, address, ','.join(PACKAGES)],
                              stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, check=False, env={**os.environ, **env})
    if done.returncode:
        shutil.rmtree(new, ignore_errors=True)
        said = [line for line in log.read_text(errors='replace').split('\n') if line.startswith('E:')]
        skip(f'debootstrap could not fetch {suite} from {address}: ' + (said or [f'see {log}'])[0])
    (new / 'packages').write_text(' '.join(PACKAGES))
    new.rename(tree)


def tree_of(suite):
    """The tree of this build directory: whoever comes first makes it, the others wait. Another list of packages wants another tree."""
    folder = BUILD / 'system'
    folder.mkdir(exist_ok=True)
    tree = folder / suite
    with (folder / f'{suite}.lock').open('w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = tree / 'packages'
        if not known.exists() or known.read_text() != ' '.join(PACKAGES):
            shutil.rmtree(tree, ignore_errors=True)
            make_tree(tree, suite)
    return tree


def libraries(tree, into):
    """What our programs are linked with travels with them, as far as the tree lacks it: no list of packages to keep."""
    triplet = f'{platform.machine()}-linux-gnu'
    for name, path in re.findall(r'(\S+) => (/\S+)', ''.join(checked('ldd', BUILD / p) for p in PROGRAMS)):
        if not any((tree / folder / name).exists() for folder in (f'usr/lib/{triplet}', 'usr/lib', 'usr/lib64')):
            into.mkdir(parents=True, exist_ok=True)
            shutil.copy(os.path.realpath(path), into / name)


def install(tree, layer, files):
    """What an administrator has from `meson install`, and files (path → text): one layer above the tree."""
    for folder in ('usr', 'etc'):
        (layer / folder).mkdir(parents=True)
    checked('/usr/bin/meson', 'install', '-C', BUILD, '--no-rebuild', '--quiet', '--destdir', layer)
    libraries(tree, layer / f'usr/local/lib/{platform.machine()}-linux-gnu')
    for path, text in {'/etc/machine-id': uuid.uuid4().hex + '\n', **files}.items():
        target = layer / path.lstrip('/')
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


class Machine:
    def __init__(self, suite='bookworm', files=()):
        """files: path → text, there before it boots."""
        require()
        self.name = f'{PREFIX}{os.getpid()}-{uuid.uuid4().hex[:6]}'
        self.tree = tree_of(suite)
        self.work = pathlib.Path(tempfile.mkdtemp(prefix=PREFIX))
        self.layer, self.console = self.work / 'layer', self.work / 'console'
        self.process, self.pid, self.cgroup = None, None, cgroup_root() / self.name
        self.network = os.open('/proc/self/ns/net', os.O_RDONLY | os.O_CLOEXEC)
        try:
            self._install(dict(files))
            self._start()
            self._wait_up()
        except BaseException:
            self.close(failed=True)
            raise

    # ── up and down ──

    def _install(self, files):
        os.chmod(self.work, 0o755)
        install(self.tree, self.layer, {'/etc/hostname': 'machine\n', '/etc/hosts': '127.0.0.1 localhost\n', **files})

    def _start(self):
        self._sweep()
        self.cgroup.mkdir()
        mounts = self.work / 'mounts'
        mounts.mkdir()

        def before():   # in the child: it goes when we go
            call(libc.prctl, PR_SET_PDEATHSIG, signal.SIGKILL)
        argv = ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--', 'sh', HERE / 'machine-init.sh', mounts,
                f'{self.layer}:{self.tree}', self.cgroup, self.name]
        with self.console.open('wb') as console, open(self.work / 'nothing', 'w+b') as nothing:
            self.process = subprocess.Popen([str(a) for a in argv], stdin=nothing, stdout=console, stderr=subprocess.STDOUT, preexec_fn=before)

    @staticmethod
    def _children(pid):
        try:
            with open(f'/proc/{pid}/task/{pid}/children', encoding='ascii') as f:
                return [int(p) for p in f.read().split()]
        except OSError:
            return []

    def _first(self):
        """The process that is number 1 inside."""
        todo = self._children(self.process.pid)
        while todo:
            pid = todo.pop()
            try:
                with open(f'/proc/{pid}/status', encoding='ascii') as f:
                    ids = re.search(r'^NSpid:\s+(.*)$', f.read(), re.M)[1].split()
            except OSError:
                continue
            if len(ids) == 3 and ids[-1] == '1':
                return pid
            todo += self._children(pid)
        return None

    def _wait_up(self, gone=None):
        def up():
            assert self.process.poll() is None, 'the machine did not start:\n' + self.console.read_text(errors='replace')[-2000:]
            pid = self._first()
            if pid is None or pid == gone:
                return None
            self.pid = pid
            state = self.run('systemctl', 'is-system-running', expect=None)[1].strip()
            return state if state in ('running', 'degraded') else None
        try:
            state = eventually('the machine is up', up)
        except AssertionError as error:
            raise AssertionError(f'{error}\n{self.console.read_text(errors="replace")[-2000:]}') from None
        assert state == 'running', self.run('systemctl', 'list-units', '--failed', '--no-legend')
        self.root = pathlib.Path(f'/proc/{self.pid}/root')
        with open(f'/proc/{self.pid}/ns/net', 'rb') as f:
            call(libc.setns, f.fileno(), CLONE_NEWNET)

    def reboot(self):
        """An orderly shutdown, and a boot from the same disk."""
        old = self.pid
        self.run('systemctl', '--no-block', 'reboot')
        self._wait_up(gone=old)

    def close(self, failed=False):
        """At once: what it wrote is thrown away."""
        call(libc.setns, self.network, CLONE_NEWNET)
        os.close(self.network)
        if self.process:
            self.process.kill()
            self.process.wait()
        eventually('its control group is empty', self._remove_cgroup)
        if failed and self.console.exists():
            print(f'---- console of {self.name}\n{self.console.read_text(errors="replace")[-2000:]}')
        shutil.rmtree(self.work, ignore_errors=True)

    def _remove_cgroup(self):
        for top in (self.cgroup, pathlib.Path('/sys/fs/cgroup/systemd') / self.name):
            for folder, _, _ in os.walk(top, topdown=False):
                try:
                    os.rmdir(folder)
                except OSError:
                    return False    # something still ends there
        return True

    @staticmethod
    def _sweep():
        """Empty control groups of tests that were killed; their names hold the process."""
        for top in (cgroup_root(), pathlib.Path('/sys/fs/cgroup/systemd')):
            for group in top.glob(PREFIX + '*'):
                owner = re.search(r'-(\d+)(-|$)', group.name)
                if owner and not os.path.exists(f'/proc/{owner[1]}'):
                    for folder, _, _ in os.walk(group, topdown=False):
                        try:
                            os.rmdir(folder)
                        except OSError:
                            break

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind and self.pid:
            print(self.run('journalctl', '--no-pager', '-n', '100', '-o', 'short-precise', expect=None)[1])
        self.close(failed=kind is not None)

    # ── inside ──

    def argv(self, *argv, user=None):
        inside = ['nsenter', '-t', str(self.pid), '-m', '-p', '-u', '-i', '-n', '-C', '--', 'env', '-i',
                  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin', 'LANG=C.UTF-8', 'SYSTEMD_PAGER=', 'TERM=dumb', 'SYSTEMD_COLORS=0']
        return [*inside, *(['setpriv', '--reuid', user, '--regid', user, '--init-groups'] if user else []), *[str(a) for a in argv]]

    def spawn(self, *argv):
        """Begins a program inside, as subprocess.Popen."""
        return subprocess.Popen(self.argv(*argv), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, *argv, expect=0, text=None, user=None, patience=None):
        """Runs a program inside, as root; its standard output. `expect` None: (status, output, errors) whatever the status."""
        how = {'input': text} if text is not None else {'stdin': subprocess.DEVNULL}
        done = subprocess.run(self.argv(*argv, user=user), text=True, capture_output=True, timeout=patience or PATIENCE, check=False, errors='replace', **how)
        if expect is None:
            return done.returncode, done.stdout, done.stderr
        assert done.returncode == expect, f'{argv}: status {done.returncode}\n{done.stdout}{done.stderr}'
        return done.stdout

    def path(self, path):
        """A path of the machine, for this process."""
        return self.root / path.lstrip('/')

    def write(self, path, text, mode=None):
        """A file, replaced in one step."""
        target = self.path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        new = target.with_name('.' + target.name + '.new')
        new.write_text(text)
        if mode is not None:
            new.chmod(mode)
        new.replace(target)

    def mode(self, path):
        """Owner, group and mode: 'root maintd 640'."""
        return self.run('stat', '-c', '%U %G %a', path).strip()

    # ── systemd ──

    def systemctl(self, *arguments, expect=0):
        return self.run('systemctl', '--no-pager', *arguments, expect=expect)

    def show(self, unit, name):
        return self.systemctl('show', '--value', '-p', name, unit).strip()

    def drop_in(self, unit, text):
        """As `systemctl edit`."""
        self.write(f'/etc/systemd/system/{unit}.d/{uuid.uuid4().hex[:8]}.conf', text)
        self.systemctl('daemon-reload')

    def main_pid(self, unit='maintd'):
        """Its number inside, and here."""
        inside = self.show(unit, 'MainPID')
        return int(inside), self.outside(int(inside))

    def outside(self, inside):
        """The number that we know a process of the machine by."""
        ours = os.stat(f'/proc/{self.pid}/ns/pid').st_ino
        for entry in os.listdir('/proc'):
            if entry.isdigit():
                try:
                    with open(f'/proc/{entry}/status', encoding='utf-8', errors='replace') as f:
                        ids = re.search(r'^NSpid:\s+(.*)$', f.read(), re.M)[1].split()
                    if len(ids) == 3 and ids[-1] == str(inside) and os.stat(f'/proc/{entry}/ns/pid').st_ino == ours:
                        return int(entry)
                except (OSError, TypeError):
                    continue
        raise AssertionError(f'no process {inside} in {self.name}')

    def journal(self, *matches, since=0.0):
        """Entries as systemd's JSON has them, oldest first. `since`: of time.time(), the machine's clock is ours."""
        self.run('journalctl', '--sync', expect=None)
        entries = [json.loads(line) for line in self.run('journalctl', '--no-pager', '-a', '-o', 'json', *matches).splitlines()]
        return [e for e in entries if int(e['__REALTIME_TIMESTAMP']) >= since * 1e6]

    def messages(self, unit='maintd', *matches):
        return [e.get('MESSAGE') for e in self.journal(f'_SYSTEMD_UNIT={unit}.service', *matches)]

    def wait_message(self, pattern, unit='maintd', times=1):
        def look():
            found = [m for m in self.messages(unit) if m and re.search(pattern, m)]
            return found if len(found) >= times else None
        return eventually(f'{unit} says {pattern!r}', look)


