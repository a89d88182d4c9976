//! Instructions on Solana: the effects of a message, instruction by instruction, to the lamport.

use solana_instruction::Instruction;
use waiaas_core::effect::Effect;

use crate::input::Input;
use crate::solana_body::{self, STAKE, instructions};
use crate::world::{self, SOLANA, is_unknown};

pub(super) fn run(data: &[u8]) -> bool {
    let mut input = Input::new(data);
    let flags = input.u8();
    let instructions = instructions(&mut input);
    let read = |instructions: &[Instruction]| -> Option<Vec<Effect>> {
        let body = solana_body::compile(instructions, flags)?;
        let effects = world::effects(&*SOLANA, &world::draft(&*SOLANA, body))?;
        let mut items = effects.items;
        // A message whose instructions have no effect gets this one instead.
        let nothing = Effect::NativeOut { to: effects.from, amount: alloy_primitives::U256::ZERO };
        let system = solana_system_interface::program::ID;
        if matches!(items.as_slice(), [_, only] if *only == nothing)
            && instructions.iter().all(|instruction| instruction.program_id != system)
        {
            items.truncate(1);
        }
        Some(items)
    };
    let Some(all) = read(&instructions) else { return false };
    assert!(matches!(all.first(), Some(Effect::NetworkFee { .. })));
    assert_eq!(all.iter().filter(|effect| matches!(effect, Effect::NetworkFee { .. })).count(), 1);
    assert!(all.len() <= 3 + 3 * instructions.len(), "{} effects", all.len());

    // A later instruction hides no effect of an earlier one.
    let Some((last, before)) = instructions.split_last() else { return false };
    let Some(before) = read(before) else { return false };
    assert!(all.starts_with(&before), "{before:?} is not the beginning of {all:?}");
    let found = &all[before.len()..];
    amounts(last, found);

    // A decoded instruction with one more byte is an unknown effect.
    if is_read_to_its_end(last, found) {
        let mut longer = last.clone();
        longer.data.push(0);
        let mut others = instructions.clone();
        others.pop();
        others.push(longer);
        let other = read(&others).unwrap_or_default();
        assert!(
            other[before.len().min(other.len())..].iter().any(is_unknown),
            "{last:?}: {found:?}, {other:?}"
        );
    }
    true
}

/// Asserts that transfers move the amounts in their bytes.
fn amounts(instruction: &Instruction, found: &[Effect]) {
    let number = |at: usize| {
        let bytes = instruction.data.get(at..).and_then(<[u8]>::first_chunk::<8>);
        bytes.map(|bytes| alloy_primitives::U256::from(u64::from_le_bytes(*bytes)))
    };
    let system = instruction.program_id == solana_system_interface::program::ID;
    let token = [spl_token_interface::ID, spl_token_2022_interface::ID].contains(&instruction.program_id);
    for effect in found {
        match effect {
            Effect::NativeOut { amount, .. } if system && instruction.data.starts_with(&[2, 0, 0, 0]) => {
                assert_eq!(Some(*amount), number(4));
            }
            Effect::TokenOut { amount, .. } | Effect::NftOut { quantity: amount, .. } => {
                assert!(token, "a token moved by another program");
                if matches!(instruction.data.first(), Some(3 | 12 | 8 | 15)) {
                    assert_eq!(Some(*amount), number(1));
                }
            }
            _ => {}
        }
    }
    // An unknown program is never without an effect.
    let silent = [spl_memo_interface::v1::ID, spl_memo_interface::v3::ID, spl_memo_interface::v4::ID];
    let quiet = silent.contains(&instruction.program_id)
        || instruction.program_id == solana_compute_budget_interface::ID;
    assert!(quiet || !found.is_empty(), "{instruction:?} has no effect");
}

/// Whether an instruction is one of those that are read to their last byte.
fn is_read_to_its_end(instruction: &Instruction, found: &[Effect]) -> bool {
    let opening = instruction.program_id == spl_associated_token_account_interface::program::ID;
    // SetLockup and checked forms are authority changes, whatever their data.
    let lockup = instruction.program_id == STAKE && matches!(instruction.data.first(), Some(6 | 11 | 12));
    let read = |effect: &Effect| match effect {
        Effect::ContractCall { decoded, .. } => *decoded,
        Effect::Unknown { .. } => false,
        _ => true,
    };
    // The first version was called with Create without data, so one more byte is the same.
    let either_way = opening && instruction.data.is_empty();
    if either_way || lockup || found.is_empty() {
        return false;
    }
    found.iter().all(read)
}
