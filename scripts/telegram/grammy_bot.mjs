// A bot made with grammY.
import { Bot, GrammyError, InlineKeyboard } from "grammy";

let rounds = 0;
const bot = new Bot(process.env.TELEGRAM_TOKEN, { client: { apiRoot: process.env.TELEGRAM_API_URL } });

bot.command("start", async (context) => {
  const text = `Ready ${rounds++}`;
  const options = { reply_markup: new InlineKeyboard().text("Go", "go:1") };
  try {
    await context.reply(text, options);
  } catch (error) {
    if (!(error instanceof GrammyError) || error.parameters.retry_after !== 1) throw error;
    await context.reply(text, options);
  }
});

bot.callbackQuery("go:1", async (context) => {
  await context.answerCallbackQuery("thanks");
  await context.editMessageText("Done");
});

await bot.start();
