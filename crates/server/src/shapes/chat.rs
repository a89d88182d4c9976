use waiaas_api::telegram::Chat;
use waiaas_engine as engine;

pub(crate) fn chat(row: engine::ChatRow) -> Chat {
    Chat {
        chat_id: row.chat,
        name: row.name,
        role: row.role,
        registered_at: row.created_at,
        updated_at: row.updated_at,
    }
}
