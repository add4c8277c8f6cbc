// A token that a person is about to make.

import type { TokenLimits } from "../../../contract/TokenLimits";
import type { TokenWish } from "../../../contract/TokenWish";
import { limitNames } from "./describe";

/** After how many days a token may end. */
export const lifetimes = ["never", "7", "30", "90", "365"] as const;
export type Lifetime = (typeof lifetimes)[number];

type LimitName = keyof TokenLimits;

export class TokenDraft {
  name = $state("");
  mode = $state.raw<"all" | "chosen">("all");
  models = $state.raw<readonly string[]>([]);
  lifetime = $state.raw<Lifetime>("never");
  /** What stands in the fields of the limits; empty: as the settings have it. */
  typed = $state<Record<LimitName, string>>({
    requests_per_minute: "",
    concurrent_requests: "",
    credits_per_day: "",
    credits_per_month: "",
  });

  /** Whether a limit can be one. */
  isNumber(name: LimitName): boolean {
    return /^\d{0,12}$/.test(this.typed[name].trim());
  }

  get hasNumbers(): boolean {
    return limitNames.every((name) => this.isNumber(name));
  }

  /** Whether it can be made so. */
  get isComplete(): boolean {
    const hasModels = this.mode === "all" || this.models.length > 0;
    return this.name.trim() !== "" && hasModels && this.hasNumbers;
  }

  want(model: string, isWanted: boolean) {
    const others = this.models.filter((each) => each !== model);
    this.models = isWanted ? [...others, model] : others;
  }

  get wish(): TokenWish {
    const limit = (name: LimitName) => (this.typed[name].trim() === "" ? null : Number(this.typed[name].trim()));
    return {
      name: this.name.trim(),
      models: this.mode === "all" ? null : [...this.models],
      limits: {
        requests_per_minute: limit("requests_per_minute"),
        concurrent_requests: limit("concurrent_requests"),
        credits_per_day: limit("credits_per_day"),
        credits_per_month: limit("credits_per_month"),
      },
      days: this.lifetime === "never" ? null : Number(this.lifetime),
    };
  }
}
