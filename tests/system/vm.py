"""A whole machine with a kernel and a clock of its own: Debian's, under qemu, with maintd installed as machine.py does.

    said = run('bookworm', script, {'/etc/maintd/maintd.yaml': text})

The script runs as root once systemd is up; what it prints comes back, and then the machine is gone with all that it wrote. For what a
container cannot have: setting the clock, sleeping. The processor is emulated, so that it works where there is no /dev/kvm (or one
that does not work), at a tenth of the speed.

It wants Debian's mirror once, for the kernel, which is fetched and unpacked but never installed.
"""
import fcntl
import pathlib
import platform
import re
import shutil
import subprocess
import tempfile

from harness import skip
from machine import BUILD, HERE, PREFIX, checked, install, require, tree_of

TOOLS = {'qemu-system-x86_64': 'qemu-system-x86', 'busybox': 'busybox-static', 'cpio': 'cpio', 'depmod': 'kmod', 'mke2fs': 'e2fsprogs'}
MODULES = 'virtio_pci', 'virtio_blk', 'ext4'
LIMIT = 300     # seconds from power on to power off


def fetch_kernel(folder):
    """vmlinuz and initrd; the name of the package is whatever Debian's cloud kernel is at the moment."""
    work = folder / 'kernel.new'
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    known = subprocess.run(['apt-cache', 'depends', 'linux-image-cloud-amd64'], capture_output=True, text=True, check=False).stdout
    package = re.search(r'Depends: (linux-image-\S+)', known)
    if not package:
        skip('apt does not know linux-image-cloud-amd64: `apt-get update`')
    done = subprocess.run(['apt-get', 'download', package[1]], cwd=work, capture_output=True, text=True, check=False)
    if done.returncode:
        skip(f'the kernel cannot be fetched: {done.stderr.strip()}')
    root = work / 'root'
    checked('dpkg-deb', '-x', *work.glob('*.deb'), root)
    version = next((root / 'lib/modules').iterdir()).name
    checked('depmod', '-b', root, version)
    first = work / 'initrd.d'
    for name in ('bin', 'modules', 'proc', 'dev', 'root'):
        (first / name).mkdir(parents=True)
    shutil.copy(shutil.which('busybox'), first / 'bin')
    order = []
    for module in MODULES:
        wanted = checked('modprobe', '-d', root, '-S', version, '--show-depends', module)
        order += [p for p in re.findall(r'^insmod (\S+)', wanted, re.M) if p not in order]
    for number, path in enumerate(order):
        shutil.copy(path, first / f'modules/{number:02}-{pathlib.Path(path).name}')
    shutil.copy(HERE / 'vm-init.sh', first / 'init')
    (first / 'init').chmod(0o755)
    checked('sh', '-c', 'cd "$1" && find . | cpio -o -H newc --quiet | gzip -1 >"$2"', 'sh', first, work / 'initrd')
    shutil.copy(root / f'boot/vmlinuz-{version}', work / 'vmlinuz')
    shutil.rmtree(root)
    work.rename(folder / 'kernel')


def disk(path, files, size):
    """An ext4 file system with what is in a directory, sparse."""
    new = path.with_suffix('.new')
    with new.open('wb') as f:
        f.truncate(size)
    checked('mke2fs', '-q', '-t', 'ext4', '-d', files, new)
    new.rename(path)


def parts(suite):
    """Kernel and first disk of this build directory: whoever comes first makes them."""
    tree = tree_of(suite)
    folder = BUILD / 'system'
    with (folder / 'vm.lock').open('w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / 'kernel').exists():
            fetch_kernel(folder)
        image = folder / f'{suite}.img'
        if not image.exists() or image.stat().st_mtime < (tree / 'packages').stat().st_mtime:
            disk(image, tree, 2 << 30)
    return tree, folder / 'kernel', image


def run(suite, script, files):
    """What the script printed, without what came before and behind it."""
    require()
    if platform.machine() != 'x86_64':
        skip('the machine that is emulated is an x86_64 one')
    for program, package in TOOLS.items():
        if not shutil.which(program):
            skip(f'{program} is not installed: package {package}')
    tree, kernel, image = parts(suite)
    with tempfile.TemporaryDirectory(prefix=PREFIX) as work:
        work = pathlib.Path(work)
        install(tree, work / 'payload/layer', files)
        (work / 'payload/layer/etc/machine-id').unlink()    # it has one since it was booted
        (work / 'payload/script').write_text(script)
        disk(work / 'payload.img', work / 'payload', 96 << 20)
        command = '/bin/sh -c "mount /dev/vdb /mnt && cp -a /mnt/layer/. / && ldconfig && echo @@BEGIN >/dev/ttyS0; bash /mnt/script >/dev/ttyS0 2>&1; echo @@END >/dev/ttyS0"'
        quoted = command.replace('"', "'")
        argv = ['qemu-system-x86_64', '-accel', 'tcg', '-cpu', 'max', '-m', '512', '-smp', '1', '-nographic', '-no-reboot', '-nic', 'none',
                '-kernel', kernel / 'vmlinuz', '-initrd', kernel / 'initrd', '-append',
                f'console=ttyS0 loglevel=3 panic=-1 systemd.show_status=0 systemd.run="{quoted}" '
                'systemd.run_success_action=poweroff-force systemd.run_failure_action=poweroff-force',
                '-drive', f'file={image},if=virtio,format=raw,snapshot=on', '-drive', f'file={work}/payload.img,if=virtio,format=raw']
        try:
            done = subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT, check=False)
            console = done.stdout
        except subprocess.TimeoutExpired as error:
            console = error.stdout or b''
    text = console.decode(errors='replace').replace('\r', '')
    said = re.search(r'@@BEGIN\n(.*)^@@END$', text, re.M | re.S)
    assert said, f'no end of the script was seen:\n{text[-4000:]}'
    return said[1]
