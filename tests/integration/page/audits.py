"""What others say of a page: axe-core of its accessibility, html-validate of its HTML. Both come from npm; without them a test is skipped."""
import json
import os
import pathlib
import shutil
import subprocess

from page_server import PATIENCE

NPM = pathlib.Path(os.environ.get("MAINTD_NPM") or pathlib.Path(__file__).resolve().parents[3] / ".test-build/npm")
VALIDATE = """const { HtmlValidate, StaticConfigLoader } = require('html-validate/browser');
    const v = new HtmlValidate(new StaticConfigLoader({ extends: ['html-validate:recommended', 'html-validate:document', 'html-validate:a11y'],
        rules: { 'require-sri': 'off', 'long-title': 'off',
            'form-dup-name': ['error', { shared: ['radio', 'checkbox', 'button', 'reset', 'submit'] }] } }));
    const pages = JSON.parse(require('fs').readFileSync(0, 'utf8')), found = [];
    for (const [name, text] of Object.entries(pages))
        for (const r of v.validateStringSync(text).results)
            for (const m of r.messages) found.push(`${name}:${m.line}:${m.column}: ${m.ruleId}: ${m.message}`);
    console.log(JSON.stringify(found));"""


def axe(test):
    path = NPM / "axe-core/axe.min.js"
    if not path.exists():
        test.skipTest("axe-core is not there: tests/run.sh fetches it from npm")
    return path.read_text()


def axe_finds(browser, source):
    """What is wrong and what it is not sure of, each with the elements; and how many rules passed."""
    browser.run(source + ";0")
    found = browser.run("axe.run(document, {resultTypes: ['violations', 'incomplete'], rules: {'target-size': {enabled: true}}})"
                        ".then(r => JSON.stringify([r.violations, r.incomplete, r.passes.length]))")
    violations, unsure, passed = json.loads(found)
    return [(v["id"], [n["html"][:160] for n in v["nodes"]]) for v in violations + unsure], passed


def html_finds(test, pages):
    """Of {name: HTML}: what is wrong, a line each."""
    if not (NPM / "html-validate").exists() or not shutil.which("node"):
        test.skipTest("html-validate is not there: tests/run.sh fetches it from npm")
    done = subprocess.run(["node", "-e", VALIDATE], input=json.dumps(pages), capture_output=True, text=True, timeout=PATIENCE * 3,
                          env={**os.environ, "NODE_PATH": str(NPM)})
    test.assertEqual(done.returncode, 0, done.stderr)
    return json.loads(done.stdout)
