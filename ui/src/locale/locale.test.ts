import { afterEach, describe, expect, test } from "vitest";

import { errorText } from "./error";
import { formatCredits, formatDay, formatTokens } from "./format";
import { locale, pickLanguage, t, textIn } from "./locale.svelte";

afterEach(() => {
  locale.language = "en";
});

test("the chosen language goes before the system's, and English is the last resort", () => {
  expect(pickLanguage("", ["ru-RU", "en"])).toBe("ru");
  expect(pickLanguage("en", ["ru"])).toBe("en");
  expect(pickLanguage("", ["fr-FR", "ru"])).toBe("ru");
  expect(pickLanguage("", ["fr"])).toBe("en");
});

test("plurals are each language's own", () => {
  const words = (language: "en" | "ru") => [1, 3, 25].map((count) => textIn(language, "models-count", { count }));
  expect(words("en")).toEqual(["1 model", "3 models", "25 models"]);
  expect(words("ru")).toEqual(["1 модель", "3 модели", "25 моделей"]);
});

describe("numbers and days", () => {
  test("in English", () => {
    expect(formatCredits(1750, 14_000)).toBe("1,750 / 14,000");
    expect(formatCredits(null, null)).toBe("–");
    expect(formatTokens(1_047_576)).toBe("1M");
    expect(formatDay("2026-03-30")).toBe("March 30, 2026");
  });

  test("in Russian", () => {
    locale.language = "ru";
    expect(formatTokens(128_000)).toBe("128\u00a0тыс.");
    expect(formatDay("2026-03-30")).toBe("30 марта 2026 г.");
  });

  test("what is no day is shown as it is", () => {
    expect(formatDay("long ago")).toBe("long ago");
  });
});

test("attributes are texts too", () => {
  expect(t("setting-port.allowed")).toContain("65535");
});

test("another language says what kind of failure it is before the shell's words", () => {
  const error = { kind: "locked", message: "RELAY_PORT sets port." } as const;
  expect(errorText(error)).toBe("RELAY_PORT sets port.");
  locale.language = "ru";
  expect(errorText(error)).toBe("Значение задано переменной среды. RELAY_PORT sets port.");
});
