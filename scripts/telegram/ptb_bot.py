"""A bot made with python-telegram-bot."""

import itertools
import os

from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import RetryAfter
from telegram.ext import Application, CallbackQueryHandler, CommandHandler

ROUNDS = itertools.count()


async def start(update, context):
    text = f"Ready {next(ROUNDS)}"
    markup = InlineKeyboardMarkup([[InlineKeyboardButton("Go", callback_data="go:1")]])
    try:
        await update.message.reply_text(text, reply_markup=markup)
    except RetryAfter as wait:
        assert wait.retry_after.total_seconds() == 1 if hasattr(wait.retry_after, "total_seconds") else 1
        await update.message.reply_text(text, reply_markup=markup)


async def tapped(update, context):
    query = update.callback_query
    assert query.data == "go:1"
    await query.answer("thanks")
    await query.edit_message_text("Done")


application = (
    Application.builder().token(os.environ["TELEGRAM_TOKEN"]).base_url(os.environ["TELEGRAM_API_URL"] + "/bot").build()
)
application.add_handler(CommandHandler("start", start))
application.add_handler(CallbackQueryHandler(tapped))
application.run_polling()
