import { CORRUPT } from '../../contract/disk.ts';
import type { Context } from '../../contract/context.ts';
import type { NodeInit } from '../../contract/node.ts';
import { US_PER_S } from '../../kernel/time.ts';
import { type RedisSettings, readSettings } from './options.ts';
import type { NodeId } from '../../kernel/ids.ts';
import type { Entries, Unit } from './messages.ts';
import { AOF_FILE, CONFIG_FILE, type ConfigRecord, dropExpired, RDB_FILE, recover, type RedisState } from './state.ts';

/** How long Linux may keep written pages before it writes them back by itself. */
const WRITE_BACK_US = 30 * US_PER_S;
/** A file that is no longer than this is not rewritten. */
const REWRITE_MIN = 1_000;

/** The state of a node and its two files. */
export abstract class Persistence {
  readonly state: RedisState;
  protected readonly self: NodeId;
  protected settings: RedisSettings;
  private readonly restarts: boolean;
  /** Unreadable entries at the end of the append-only file. */
  private readonly torn: number;

  /** Recovery is this constructor: what the files did not keep is gone. */
  constructor(init: NodeInit) {
    this.self = init.self;
    this.settings = readSettings(init.options);
    this.state = recover(init, this.settings);
    this.restarts = init.disk.cell(CONFIG_FILE) !== undefined;
    this.torn = init.disk.log(AOF_FILE).filter((entry) => entry === CORRUPT).length;
  }

  // ── Rules ────────────────────────────────────────────────────────────

  /** Whether a client is answered only when what it changed is on the disk. */
  protected answersAfterSync(): boolean {
    return this.settings.appendfsync === 'always';
  }

  /** Whether a node that starts stays out until locks that it may have forgotten are over (Redlock, crash safety). */
  protected staysOut(): boolean {
    return this.restarts && this.settings.startDelayUs > 0;
  }

  /** Whether all keys are to be written now. The wall clock decides, wherever it jumps. */
  protected isSaveDue(wallUs: number): boolean {
    const { changes, savedAtUs } = this.state;
    return this.settings.savePoints.some((point) => changes >= point.changes && wallUs - savedAtUs > point.afterUs);
  }

  // ── Starting ─────────────────────────────────────────────────────────

  protected startFiles(ctx: Context): void {
    const { state, settings } = this;
    state.savedAtUs = ctx.wallUs();
    if (settings.appendfsync === 'off') dropExpired(state.store, Math.floor(ctx.wallUs() / 1_000));
    else if (this.torn > 0) this.cutTornEnd(ctx);
    this.setSyncTimer(ctx);
    // Until then a machine that crashes leaves no sign that it ever answered anybody.
    this.writeConfig(ctx);
  }

  /** CONFIG REWRITE. */
  protected writeConfig(ctx: Context): void {
    const { role } = this.state;
    const record: ConfigRecord = { primary: role.kind === 'replica' ? role.primary : null };
    ctx.put(CONFIG_FILE, Object.freeze(record));
    ctx.persist({ kind: 'config' });
  }

  private cutTornEnd(ctx: Context): void {
    this.state.aofEnd -= this.torn;
    ctx.truncateFrom(AOF_FILE, this.state.aofEnd + 1);
  }

  // ── The append-only file ─────────────────────────────────────────────

  /** Writes down what a command did, whole: half of a script would be worse than none. */
  protected record(ctx: Context, unit: Unit): void {
    const { state, settings } = this;
    state.changes += unit.length;
    if (settings.appendfsync === 'off') return;
    ctx.append(AOF_FILE, unit);
    state.aofEnd += 1;
    if (state.aofEnd - state.aofBase > Math.max(REWRITE_MIN, 2 * state.store.entries.size)) this.rewrite(ctx);
    if (settings.appendfsync === 'always') ctx.persist();
  }

  /** Puts what the keys hold in place of how they came to it. */
  protected rewrite(ctx: Context): void {
    this.state.aofBase = this.state.aofEnd;
    ctx.dropUntil(AOF_FILE, this.state.aofEnd, this.allEntries());
  }

  /** CONFIG SET: a file that was off begins with what the keys hold. */
  protected onFileSettings(ctx: Context, before: RedisSettings): void {
    const { appendfsync } = this.settings;
    if (before.appendfsync === appendfsync) return;
    if (before.appendfsync === 'off') this.rewrite(ctx);
    ctx.persist();
    this.setSyncTimer(ctx);
  }

  private setSyncTimer(ctx: Context): void {
    const { appendfsync } = this.settings;
    ctx.cancelTimer('sync');
    if (appendfsync === 'everysec') ctx.setTimer('sync', US_PER_S);
    if (appendfsync === 'no') ctx.setTimer('sync', WRITE_BACK_US);
  }

  protected onSyncTimer(ctx: Context): void {
    ctx.persist();
    this.setSyncTimer(ctx);
  }

  // ── The RDB file ─────────────────────────────────────────────────────

  protected saveWhenDue(ctx: Context): void {
    if (!this.isSaveDue(ctx.wallUs())) return;
    this.save(ctx);
    ctx.note({ event: 'saved', keys: this.state.store.entries.size });
  }

  protected save(ctx: Context): void {
    this.state.changes = 0;
    this.state.savedAtUs = ctx.wallUs();
    ctx.put(RDB_FILE, this.allEntries());
    ctx.persist();
  }

  protected allEntries(): Entries {
    return Object.freeze([...this.state.store.entries]);
  }
}
