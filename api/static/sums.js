// Sums of printed amounts, exactly: whole numbers of a unit small enough, never floating point.

// A plain decimal as { digits, places }: digits / 10^places. Null for what is no number; nothing printed counts as 0.
export function exact(text) {
  const found = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(plain(text));
  if (!found || (text.trim() && !/\d/.test(text))) return null;
  const places = (found[3] ?? "").length;
  const digits = BigInt(`${found[2]}${found[3] ?? ""}` || "0");
  return { digits: found[1] === "-" ? -digits : digits, places };
}

// What a person types as the server keeps it: no separators of thousands, no wide characters.
export function plain(text) {
  return text.normalize("NFKC").replaceAll("−", "-").replace(/[,\s']/g, "");
}

function at(number, places) {
  return number.digits * 10n ** BigInt(places - number.places);
}

function plus(one, other) {
  const places = Math.max(one.places, other.places);
  return { digits: at(one, places) + at(other, places), places };
}

function times(one, other) {
  return { digits: one.digits * other.digits, places: one.places + other.places };
}

const NOTHING = { digits: 0n, places: 0 };

function side(terms, cell, value) {
  let total = NOTHING;
  for (const term of terms) {
    const figure = term.cell === cell ? value : exact(term.value);
    if (!figure) return null;
    const scaled = times(figure, exact(term.scale));
    total = plus(total, term.sign < 0 ? { ...scaled, digits: -scaled.digits } : scaled);
  }
  return total;
}

// How a sum comes out if the cell says `value`: { holds, off, left, right }; null if it cannot be told.
export function tried(balance, cell, text) {
  const value = exact(text);
  const left = value && side(balance.left, cell, value);
  const right = value && side(balance.right, cell, value);
  if (!left || !right) return null;
  const off = plus(left, { ...right, digits: -right.digits });
  const room = exact(balance.room);
  const places = Math.max(off.places, room.places);
  const size = at(off, places) < 0n ? -at(off, places) : at(off, places);
  return { holds: size <= at(room, places), off, left, right };
}

// How many of the sums hold with this value, of how many.
export function holding(balances, cell, text) {
  const results = balances.map((balance) => tried(balance, cell, text)).filter(Boolean);
  return { holds: results.filter((one) => one.holds).length, all: balances.length };
}

// A number as people read it: thousands grouped, decimals as many as it has, at least `least`.
export function shown(number, least = 0) {
  const negative = number.digits < 0n;
  const all = (negative ? -number.digits : number.digits).toString().padStart(number.places + 1, "0");
  const whole = number.places ? all.slice(0, -number.places) : all;
  let part = number.places ? all.slice(-number.places) : "";
  while (part.length > least && part.endsWith("0")) part = part.slice(0, -1);
  part = part.padEnd(least, "0");
  return `${negative ? "-" : ""}${whole.replace(/\B(?=(\d{3})+$)/g, ",")}${part ? `.${part}` : ""}`;
}

export function grouped(text) {
  const number = text.trim() ? exact(text) : null;
  return number ? shown(number, number.places) : text;
}
