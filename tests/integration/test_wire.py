#!/usr/bin/python3
"""What can happen between maintd and a target, on the way there, in the middle and on the way back: one does not come through, the other is
on time, maintd says what happened, and when it ends all is as the manifests say, with nothing double. At either target, over TLS too."""
import os
import ssl
import subprocess
import unittest

from both import BUILD, eventually, main_at_once, program

import faults
from faults import SERVER_ERRORS, TOO_MANY, answer, storm
from faulty import Endures, Faulty
from harness import Process
from proxy import Proxy, Relay

NO_ANSWER = 'no complete answer within 2s'
ENDED = 'the connection ended before an answer came'
RESET = f'Connection reset by peer|{ENDED}'

# What happens, to how many requests, what maintd says of it, and what `maintctl status` calls the target then.
FAULTS = {
    'cut_off_before_anything_is_read': (faults.reset_after_accept, 4, RESET, 'unreachable'),
    'hanging_after_it_has_accepted': (faults.hang_after_accept, 3, NO_ANSWER, 'unreachable'),
    'reset_before_the_request_is_carried_out': (faults.reset_before, 4, RESET, 'unreachable'),
    'reset_after_the_request_was_carried_out': (faults.reset_after, 4, RESET, 'unreachable'),
    'closed_after_the_request_was_carried_out': (faults.close_after, 4, ENDED, 'unreachable'),
    'hanging_in_the_middle_of_the_headers': (faults.hang_in_head, 3, NO_ANSWER, 'unreachable'),
    'hanging_after_the_headers': (faults.hang_after_head, 3, NO_ANSWER, 'unreachable'),
    'hanging_in_the_middle_of_the_body': (faults.hang_in_body, 3, NO_ANSWER, 'unreachable'),
    'closed_in_the_middle_of_the_body': (faults.close_in_body, 4, 'the answer ended in the middle', 'unreachable'),
    'reset_in_the_middle_of_the_body': (faults.reset_in_body, 4, RESET, 'unreachable'),
    'half_closed_in_the_middle_of_the_body': (faults.half_close, 3, 'the answer ended in the middle', 'unreachable'),
    'a_byte_at_a_time': (faults.drip, 3, NO_ANSWER, 'unreachable'),
    'a_content_length_too_long': (faults.relength(7), 3, NO_ANSWER, 'unreachable'),
    'a_content_length_too_short': (faults.relength(-7), 4, 'its answer cannot be read', None),
    'chunks_without_a_length': (faults.chunks, 4, 'missing hexadecimal sequence in chunked-encoding', 'unreachable'),
    'two_answers_to_one_request': (faults.answer_twice, 2, None, 'ok'),
    'requests_that_arrive_when_they_are_given_up': (faults.late(2.5), 2, NO_ANSWER, None),
    'a_storm_of_429': (storm(TOO_MANY), 6, 'limits us', None),
    'a_storm_of_429_without_retry_after': (storm(TOO_MANY[:1]), 4, 'limits us', None),
    'a_storm_of_429_with_retry_after': (storm([answer(429, 'Too Many Requests', Retry_After=1)]), 4, 'limits us: writing goes on in 1s', None),
    'a_storm_of_5xx': (storm(SERVER_ERRORS), 6, 'HTTP 50[0-4]', None),
    'garbage': (faults.garbage, 3, 'does not speak HTTP', 'unreachable'),
    'tls_where_plain_http_was_expected': (faults.tls_alert, 3, 'does not speak HTTP', 'unreachable'),
}


class Wire(Endures, unittest.TestCase):
    def test_every_request_arriving_twice_at_public(self):
        self.endure(faults.twice, 0)

    def test_every_request_arriving_twice_at_alerts(self):
        self.endure(faults.twice, 0, 'new on alerts: found twice: the second one .* is withdrawn', at_target='alerts')


def add(name, fault, met, said, health):
    def at(target):
        def test(self):
            self.endure(fault, met, f'{target}.*({said})' if said else None, at_target=target, health=health)
        return test
    for target in ('public', 'alerts'):
        setattr(Wire, f'test_{name}_at_{target}', at(target))


for entry in FAULTS.items():
    add(entry[0], *entry[1])


def certificate(path, *names):
    """Self-signed, and so its own authority; the key stands in the same file."""
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-keyout', path, '-out', f'{path}.crt',
                    '-subj', f'/CN={names[0]}', '-addext', 'subjectAltName=' + ','.join(names)], check=True, stdin=subprocess.DEVNULL, capture_output=True)
    with open(path, 'a', encoding='ascii') as f, open(f'{path}.crt', encoding='ascii') as crt:
        f.write(crt.read())
    return path


class Tls(Faulty):
    """The page's proxy speaks TLS, with a relay before it. maintd has a file of authorities of its own, which takes a mount namespace."""

    SCRIPT = 'mount --bind "$0" /etc/ssl/certs/ca-certificates.crt && exec "$@"'
    NAMESPACE = ['unshare', '--mount'] + ([] if os.geteuid() == 0 else ['--map-root-user'])

    def make_proxy(self, url):
        if url != self.page.api_url:
            return Proxy(url)
        self.good = certificate(self.root / 'good', 'DNS:localhost', 'IP:127.0.0.1')
        self.unknown = certificate(self.root / 'unknown', 'DNS:localhost', 'IP:127.0.0.1')
        self.others = certificate(self.root / 'others', 'DNS:status.example')
        self.authorities = self.root / 'authorities'
        self.authorities.write_text(self.good.read_text() + self.others.read_text())
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(self.good)
        return Proxy(url, tls=self.tls)

    def url_of(self, name):
        if name != 'public':
            return super().url_of(name)
        self.relay = self._stack.enter_context(Relay(self.proxies[name].port))
        return self.proxies[name].url.replace(str(self.proxies[name].port), str(self.relay.port))

    def start(self, wait='is ready', env=None):
        self.maintd = Process(*self.NAMESPACE, 'sh', '-c', self.SCRIPT, self.authorities, program(BUILD, 'maintd'), *self.site.arguments(), env=env)
        self.maintd.wait_line(wait)
        return self.maintd


@unittest.skipIf(subprocess.run([*Tls.NAMESPACE, 'true'], check=False, capture_output=True).returncode, 'skipped: no mount namespace is to be had')
class OverTls(Endures, unittest.TestCase):
    world = Tls
    newest = ssl.TLSVersion.TLSv1_3

    def set_fault(self, fault, well=False):
        """A fault of the relay's, or the name of a certificate. What stands now ends, so that each begins with a handshake; but no
        request is to be cut by that, which would be another fault."""
        certificate_of = fault if isinstance(fault, str) else 'good'
        self.w.tls.load_cert_chain(getattr(self.w, certificate_of))
        self.w.tls.maximum_version = self.newest
        if not well:
            eventually('no listing is under way', lambda: not self.proxy.under_way)
        self.w.relay.fault = fault if callable(fault) else None
        self.w.relay.cut()

    def times_met(self):
        return self.w.relay.met

    def test_a_certificate_of_an_unknown_authority(self):
        self.endure('unknown', 0, 'public: .*self.signed certificate', health='unreachable')

    def test_a_certificate_of_somebody_else(self):
        self.endure('others', 0, 'public: .*no alternative certificate subject name matches', health='unreachable')

    def test_another_protocol(self):
        self.endure(faults.relay_noise, 2, 'public: .*wrong version number', health='unreachable')

    def test_a_handshake_that_arrives_corrupted(self):
        self.endure(faults.relay_corrupt, 2, 'public: cannot be reached', health='unreachable')

    def test_a_handshake_that_stalls(self):
        self.endure(faults.relay_stall, 2, 'public: .*no (connection|complete answer) within 2s', health='unreachable')

    def test_a_handshake_cut_off(self):
        self.endure(faults.relay_reset, 2, 'public: .*(reset|SSL_ERROR_SYSCALL)', health='unreachable')


class OverTls12(OverTls):
    """Where records tell what is handshake and what is data."""
    newest = ssl.TLSVersion.TLSv1_2

    def test_answers_that_arrive_corrupted(self):
        self.endure(faults.relay_corrupt_data, 4, 'public.*(bad record mac|cipher operation failed)', health='unreachable')

    def test_answers_cut_off_without_a_goodbye(self):
        self.endure(faults.relay_cut_data, 4, 'public.*closed without an answer', health='unreachable')


if __name__ == '__main__':
    main_at_once(8)
