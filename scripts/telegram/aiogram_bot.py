"""A bot made with aiogram."""

import asyncio
import itertools
import os

from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramRetryAfter
from aiogram.filters import CommandStart
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message

ROUNDS = itertools.count()
dispatcher = Dispatcher()


@dispatcher.message(CommandStart())
async def start(message: Message) -> None:
    text = f"Ready {next(ROUNDS)}"
    button = InlineKeyboardButton(text="Go", callback_data="go:1")
    markup = InlineKeyboardMarkup(inline_keyboard=[[button]])
    try:
        await message.answer(text, reply_markup=markup)
    except TelegramRetryAfter as wait:
        assert wait.retry_after == 1
        await message.answer(text, reply_markup=markup)


@dispatcher.callback_query()
async def tapped(query: CallbackQuery) -> None:
    assert query.data == "go:1"
    await query.answer("thanks")
    await query.message.edit_text("Done")


async def main() -> None:
    server = TelegramAPIServer.from_base(os.environ["TELEGRAM_API_URL"])
    bot = Bot(os.environ["TELEGRAM_TOKEN"], session=AiohttpSession(api=server))
    await dispatcher.start_polling(bot)


asyncio.run(main())
