/** Things by the values of several labels, found value by value: no text is put together to look for, as one is for every request. */
export class ByLabels<T extends object> {
  readonly #root = new Branch<T>();

  /** What belongs to these values; made when it is first asked for. */
  get(values: readonly string[], make: () => T): T {
    let branch = this.#root;
    for (let index = 0; index < values.length; index++) branch = branch.at(values[index]!);
    branch.here ??= make();
    return branch.here;
  }
}

/** All that begins with the same values. */
class Branch<T extends object> {
  here: T | undefined;
  readonly #below = new Map<string, Branch<T>>();

  at(value: string): Branch<T> {
    const known = this.#below.get(value);
    if (known !== undefined) return known;
    const made = new Branch<T>();
    this.#below.set(value, made);
    return made;
  }
}
