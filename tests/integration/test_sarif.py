#!/usr/bin/python3
"""The SARIF report keeps to the standard's own schema, whatever files and titles are called."""
import json
import os
import pathlib
import sys

import jsonschema

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'lib'))
from harness import skip
from test_lint import ADVICE, GOOD, Place

PACKAGE, FILE = '@microsoft/jest-sarif', 'lib/schemas/sarif-2.1.0-rtm.5.json'


def schema():
    """As tests/run.sh has fetched it, see tests/deps; the schema of draft 4, without a reference to anything else."""
    root = pathlib.Path(__file__).resolve().parents[2]
    path = pathlib.Path(os.environ.get('MAINTD_NPM') or root / '.test-build/npm') / PACKAGE / FILE
    if not path.exists():
        skip(f'the schema of SARIF is not there: tests/run.sh fetches {PACKAGE} from npm where npm and a network are')
    return json.loads(path.read_text())


def main():
    standard = schema()
    jsonschema.Draft4Validator.check_schema(standard)
    validator = jsonschema.Draft4Validator(standard)
    with Place() as p:
        p.write('good.yaml', GOOD)
        reports = {'nothing': p.lint('--format', 'sarif')}
        p.write('advice.yaml', ADVICE)
        reports['warnings'] = p.lint('--format', 'sarif')
        p.hostile()
        p.write('empty.yaml', '')
        p.write('many.yaml', 'title: x\n' + ''.join(f'key{i}: x\n' for i in range(200)))
        reports['everything'] = p.lint('--format', 'sarif', status=1)
    for name, report in reports.items():
        doc = json.loads(report)
        problems = [f'{name}: {error.json_path}: {error.message[:300]}' for error in validator.iter_errors(doc)]
        assert not problems, '\n'.join(problems)
        print(f"{name}: {len(doc['runs'][0]['results'])} results, {len(doc['runs'][0]['tool']['driver']['rules'])} rules")
    # It would have said so.
    doc['runs'][0]['results'][0]['level'] = 'fatal'
    del doc['runs'][0]['tool']['driver']['name']
    assert len(list(validator.iter_errors(doc))) == 2


if __name__ == '__main__':
    main()
