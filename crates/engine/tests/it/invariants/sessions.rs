//! Which tokens are taken.

use anyhow::Result;
use secrecy::ExposeSecret as _;
use waiaas_engine::core::UnixSeconds;
use waiaas_engine::core::ids::SessionId;
use waiaas_engine::{Activator, Clock as _, Error, IssuedSession, NewSession};

use super::{Dice, seeds};
use crate::stage::{Stage, shown};

/// A token and the key that signed it.
struct Token {
    session: SessionId,
    text: String,
    key: usize,
    expires_at: UnixSeconds,
}

/// A session as the specification has it.
struct Known {
    id: SessionId,
    /// Place of the only token that counts.
    current: usize,
    absolute_end: UnixSeconds,
    revoked: bool,
}

/// Everything ever issued.
#[derive(Default)]
struct World {
    tokens: Vec<Token>,
    sessions: Vec<Known>,
    /// When each signing key came into force.
    keys: Vec<UnixSeconds>,
    stopped: bool,
}

impl World {
    /// Whether a token is to be taken at this second.
    fn accepts(&self, token: usize, now: UnixSeconds) -> bool {
        let presented = &self.tokens[token];
        let Some(session) = self.sessions.iter().find(|known| known.id == presented.session) else {
            return false;
        };
        // The key before the current one is good for five minutes more.
        let last = self.keys.len() - 1;
        let key = presented.key == last || (presented.key + 1 == last && now < self.keys[last] + 300);
        session.current == token
            && !session.revoked
            && now < presented.expires_at
            && now < session.absolute_end
            && key
            && !self.stopped
    }

    fn issued(&mut self, issued: &IssuedSession) {
        let text = issued.token.expose_secret().to_owned();
        let key = self.keys.len() - 1;
        self.tokens.push(Token { session: issued.id, text, key, expires_at: issued.expires_at });
        let current = self.tokens.len() - 1;
        match self.sessions.iter_mut().find(|known| known.id == issued.id) {
            Some(known) => known.current = current,
            None => self.sessions.push(Known {
                id: issued.id,
                current,
                absolute_end: issued.absolute_expires_at,
                revoked: false,
            }),
        }
    }
}

async fn step(stage: &Stage, dice: &mut Dice, world: &mut World) -> Result<&'static str> {
    let (engine, master) = (stage.engine(), &stage.master);
    let session = (!world.sessions.is_empty()).then(|| dice.roll(0..world.sessions.len()));
    match (dice.roll(0u8..12), session) {
        (0..=2, _) | (_, None) => {
            let ttl = dice.pick(&[300u32, 600, 5_000]);
            let lifetime = ttl + dice.pick(&[0u32, 100, 4_000]);
            let new = NewSession {
                ttl: Some(ttl),
                max_renewals: Some(3),
                absolute_lifetime: Some(lifetime),
                ..stage.new_session()
            };
            if let Ok(issued) = engine.operator(master).create_session(new).await {
                world.issued(&issued);
            }
            Ok("issued")
        }
        (3..=4, Some(at)) => {
            let token = &world.tokens[world.sessions[at].current];
            let renewed: Result<_, Error> = async {
                let proof = engine.authenticate_session(&token.text).await?;
                engine.agent(&proof).renew(proof.id()).await
            }
            .await;
            renewed.iter().for_each(|issued| world.issued(issued));
            Ok("renewed")
        }
        (5, Some(at)) => {
            let rotated = engine.operator(master).rotate_session(world.sessions[at].id).await;
            rotated.iter().for_each(|issued| world.issued(issued));
            Ok("rotated")
        }
        (6, Some(at)) => {
            engine.operator(master).revoke_session(world.sessions[at].id).await.map_err(shown)?;
            world.sessions[at].revoked = true;
            Ok("revoked")
        }
        (7, Some(_)) => {
            if let Ok(at) = engine.operator(master).rotate_session_secret().await {
                world.keys.push(at);
            }
            Ok("another key")
        }
        (8, Some(_)) if world.stopped => {
            engine.operator(master).recover_kill_switch().await.map_err(shown)?;
            world.stopped = false;
            Ok("recovered")
        }
        (8, Some(_)) if dice.roll(0u8..3) == 0 => {
            engine.activate_kill_switch(&Activator::by_master(master)).await.map_err(shown)?;
            world.stopped = true;
            Ok("stopped")
        }
        (_, Some(_)) => {
            let steps = [1, 149, 150, 299, 300, 301, 2_500];
            stage.clock.set(stage.clock.now() + dice.pick(&steps));
            Ok("later")
        }
    }
}

/// Invariant 11: after any issues, renewals, rotations and revocations and any passage of time, a token is
/// taken exactly when it is its session's last one, neither end has come, nothing was revoked, and its
/// signing key is in force.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_taken_exactly_while_everything_about_it_holds() -> Result<()> {
    let stage = Stage::set_up(None).await?;
    let (mut taken, mut refused) = (0, 0);
    for seed in seeds(2) {
        let mut dice = Dice::new(seed);
        let mut world = World { keys: vec![stage.clock.now()], ..World::default() };
        for number in 0..50 {
            let done = step(&stage, &mut dice, &mut world).await?;
            let now = stage.clock.now();
            for (place, token) in world.tokens.iter().enumerate() {
                let accepted = stage.engine().authenticate_session(&token.text).await;
                let expected = world.accepts(place, now);
                let code = accepted.as_ref().err().map(|error| error.code.as_str());
                assert_eq!(accepted.is_ok(), expected, "seed {seed}, step {number}, {done}: {code:?}");
                if expected { taken += 1 } else { refused += 1 }
            }
        }
        if world.stopped {
            stage.engine().operator(&stage.master).recover_kill_switch().await.map_err(shown)?;
        }
        // The next history starts with keys of its own.
        stage.clock.set(stage.clock.now() + 10_000);
        stage.engine().operator(&stage.master).rotate_session_secret().await.map_err(shown)?;
    }
    assert!(taken > 60 && refused > 60, "{taken} taken, {refused} refused");
    Ok(())
}
