"""A terminal of 80 columns and 24 lines to run programs in: tmux, with a server of its own.

    with Terminal(directory) as t:
        t.run(['maintctl', 'status'])
        t.wait('RUNNING')
        t.keys('q')
        t.ended()       # the exit status

Nothing here sleeps to let something happen: it looks at the screen until what it waits for is there.
"""
import os
import re
import shlex
import shutil
import subprocess

from harness import PATIENCE, eventually, skip


class Terminal:
    def __init__(self, directory, columns=80, lines=24):
        if not shutil.which('tmux'):
            skip('tmux is not installed')
        self.socket, self.size = str(directory / 'tmux'), (columns, lines)

    def __enter__(self):
        env = {key: value for key, value in os.environ.items() if not re.match('TMUX|LESS|PAGER|SYSTEMD_|NO_COLOR|COLUMNS|LINES', key)}
        self._tmux('-f', '/dev/null', 'new-session', '-d', '-x', str(self.size[0]), '-y', str(self.size[1]), 'exec cat', env={**env, 'LC_ALL': 'C.UTF-8'})
        self._tmux('set-option', '-g', 'status', 'off', ';', 'set-option', '-g', 'remain-on-exit', 'on')
        return self

    def __exit__(self, kind, *_):
        if kind:
            print('---- the terminal\n' + self.screen())
        self._tmux('kill-server')

    def _tmux(self, *arguments, env=None):
        done = subprocess.run(['tmux', '-u', '-S', self.socket, *arguments], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0, f'tmux {" ".join(arguments)}: {done.stderr}'
        return done.stdout

    def run(self, argv, **env):
        """In place of what ran before."""
        setting = ' '.join(f'{key}={shlex.quote(value)}' for key, value in env.items())
        self._tmux('respawn-pane', '-k', f'clear; {setting} {shlex.join(map(str, argv))}; echo "[status $?]"; exec cat')
        self._tmux('clear-history')

    def keys(self, *names):
        self._tmux('send-keys', *names)

    def screen(self, colors=False, history=False, joined=False):
        """What is on it; with `colors` their sequences, with `history` what has scrolled away, too. `joined`: lines it had to break in two are one."""
        options = ['-e'] * colors + ['-S', '-'] * history + ['-J'] * joined
        return self._tmux('capture-pane', '-p', *options)

    def wait(self, pattern, **how):
        """The match, once there is one."""
        return eventually(lambda: f'{pattern!r} on the terminal:\n{self.screen(**how)}', lambda: re.search(pattern, self.screen(**how), re.M))

    def ended(self):
        return int(self.wait(r'^(?:\^C)?\[status (\d+)\]')[1])
