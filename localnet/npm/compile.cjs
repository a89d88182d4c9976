// Compiles contracts/*.sol with the compiler in node_modules, for EVM nodes of any age that localnet may
// get. Writes node_modules/localnet-contracts/NAME.json, each with the creation code as `bytecode`.
const fs = require('node:fs');
const path = require('node:path');

const modules = path.join(__dirname, 'node_modules');
const solc = require(path.join(modules, 'solc'));

const folder = path.join(__dirname, 'contracts');
const names = fs.readdirSync(folder).filter((name) => name.endsWith('.sol'));
const sources = Object.fromEntries(
  names.map((name) => [name, { content: fs.readFileSync(path.join(folder, name), 'utf8') }]),
);
const settings = {
  evmVersion: 'cancun',
  optimizer: { enabled: true, runs: 200 },
  outputSelection: { '*': { '*': ['evm.bytecode.object'] } },
};
const imported = (name) => {
  const file = path.join(modules, name);
  return fs.existsSync(file) ? { contents: fs.readFileSync(file, 'utf8') } : { error: `no ${name}` };
};
const input = JSON.stringify({ language: 'Solidity', sources, settings });
const output = JSON.parse(solc.compile(input, { import: imported }));
const errors = (output.errors ?? []).filter((error) => error.severity === 'error');
if (errors.length > 0) {
  console.error(errors.map((error) => error.formattedMessage).join('\n'));
  process.exit(1);
}

const compiled = path.join(modules, 'localnet-contracts');
fs.mkdirSync(compiled, { recursive: true });
for (const name of names) {
  const contract = path.basename(name, '.sol');
  const bytecode = output.contracts[name][contract].evm.bytecode.object;
  fs.writeFileSync(path.join(compiled, `${contract}.json`), JSON.stringify({ bytecode: `0x${bytecode}` }));
}
