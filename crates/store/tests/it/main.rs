//! One suite, two databases: every case runs on an SQLite file and on a real PostgreSQL server.
//!
//! On SQLite each case is a test of its own. On PostgreSQL one test starts one server and gives each
//! case a database of its own.
#![expect(clippy::expect_used, clippy::panic, reason = "a failed expectation is how a test fails")]
#![expect(clippy::disallowed_methods, reason = "tests wait, measure and ask how long to run")]

mod activity;
mod allowances;
mod approvals;
mod audit;
mod backend;
mod cards;
mod catalogue;
mod changes;
mod counts;
mod crash;
mod decisions;
mod denials;
mod dumps;
mod events;
mod fill;
mod fixtures;
mod forms;
mod installation;
mod invariants;
mod lease;
mod ledger;
mod origins;
mod policies;
mod recipients;
mod replacements;
mod server;
mod sessions;
mod throughput;
mod transactions;
mod upgrade;
mod walletconnect;
mod wallets;
mod webhooks;
mod writer;

use backend::Backend;

macro_rules! on_sqlite {
    ($($module:ident: $($case:ident),+;)+) => {
        $(mod $module {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                crate::$module::$case(crate::Backend::sqlite()).await;
            })+
        })+
    };
}

macro_rules! suite {
    ($($module:ident: $($case:ident),+;)+) => {
        mod on_sqlite { on_sqlite! { $($module: $($case),+;)+ } }

        #[tokio::test(flavor = "multi_thread")]
        async fn every_case_on_postgres() {
            let backend = Backend::postgres();
            // A few at a time: every case opens a handful of connections.
            let places = std::sync::Arc::new(tokio::sync::Semaphore::new(4));
            let mut cases = Vec::new();
            $($(
                let (mine, case) = (places.clone(), crate::$module::$case(backend.clone()));
                let run = tokio::spawn(async move {
                    let _place = mine.acquire_owned().await.expect("never closed");
                    case.await;
                });
                cases.push((concat!(stringify!($module), "::", stringify!($case)), run));
            )+)+
            let mut failed = Vec::new();
            for (name, run) in cases {
                if run.await.is_err() {
                    failed.push(name);
                }
            }
            // The server stops here, before the verdict.
            drop(backend);
            assert!(failed.is_empty(), "failed on PostgreSQL: {failed:?}");
        }
    };
}

suite! {
    activity: activity_is_counted_within_the_window;
    approvals: a_nonce_answers_once, answering_one_question_voids_the_others, expired_questions_cannot_be_answered;
    audit: the_chain_is_gapless_and_verifies, tampering_is_found_where_it_happened, rows_cannot_be_changed_or_removed,
        pages_follow_the_filter, a_wallet_has_the_events_of_its_sessions,
        a_change_without_its_audit_row_does_not_happen;
    changes: one_change_to_a_thing_waits, a_change_ends_once_and_takes_its_questions_along, an_altered_change_is_not_read;
    cards: chats_without_a_role_are_few, a_card_follows_its_request;
    counts: overviews_count_beyond_a_page;
    decisions: decisions_read_back_as_recorded;
    denials: equal_ones_are_one_row_with_a_count, a_session_has_a_quota_a_day;
    dumps: everything_survives_export_and_import, every_table_is_filled_and_exported, damaged_dumps_change_nothing;
    origins: actions_count_as_what_their_transactions_hold, an_unknown_value_makes_the_sum_unknown,
        http_messages_count_per_host;
    forms: a_form_that_is_not_known_is_not_read, what_ended_unsigned_is_shortened;
    installation: an_installation_is_made_once, the_kill_switch_moves_by_compare_and_set, session_keys_rotate_once,
        reopening_keeps_everything, login_failures_count;
    invariants: sums_stay_within_the_limit_under_any_interleaving, only_proof_or_age_frees_what_is_held,
        races_make_one_path_along_the_graph, a_change_and_its_row_are_one, tampering_with_any_row_is_found_there;
    lease: one_daemon_has_it_and_the_next_is_told_who, a_holder_that_is_gone_loses_it, of_many_at_once_one_gets_it;
    allowances: what_is_on_chain_and_counts_is_found, a_used_allowance_counts_once_after_every_outcome, only_allowances_are_used_up;
    ledger: held_counts_always_and_settled_within_its_window, endings_settle_what_happened, what_is_not_final_is_held_until_it_is,
        sums_are_exact_beyond_64_bits,
        many_at_once_never_exceed_the_limit, any_history_matches_the_model, requests_are_counted_after_the_boundary;
    policies: one_row_per_scope, updates_compare_the_version;
    replacements: one_is_open_at_a_time, sharers_of_a_nonce_are_found, they_survive_a_dump_in_any_order;
    sessions: tokens_are_replaced_once, revoking_is_idempotent, wallets_come_and_go, live_sessions_are_counted, pages_walk_every_session;
    transactions: every_move_is_on_the_graph_or_refused, racing_moves_have_one_winner, rows_read_back_as_written,
        contradictions_are_refused, idempotency_has_one_winner, work_lists_find_what_is_due, pages_walk_every_transaction, pages_of_long_rows_are_short,
        what_was_handed_out_is_held_until_it_lapses, every_kind_of_request_is_kept,
        the_floor_is_above_every_nonce_that_landed, a_note_is_kept_until_the_next_move,
        an_altered_draft_is_not_read;
    upgrade: everything_an_earlier_release_left_is_kept, a_schema_that_is_not_the_recorded_one_is_refused,
        a_changed_migration_is_refused, a_newer_schema_is_refused, an_earlier_release_finds_the_version,
        daemons_that_start_together_migrate_once;
    recipients: an_account_is_known_once_a_transaction_was_sent;
    walletconnect: a_wallet_has_one_session, a_challenge_is_sent_once_to_its_owner;
    wallets: names_are_unique_among_the_living, status_moves_by_compare_and_set, owners_are_replaced_by_compare_and_set, tokens_stay_recorded;
    webhooks: events_are_taken_once_and_in_order, attempts_follow_the_graph, they_are_changed_and_deleted_with_their_log,
        the_log_has_pages_and_an_end;
    writer: jobs_share_commits_and_fail_alone, what_is_urgent_waits_for_one_job_alone, a_panic_harms_no_other_job, a_swallowed_error_harms_no_other_job,
        closing_finishes_what_waits, dropping_the_caller_does_not_drop_the_write, a_lost_connection_is_replaced;
}
