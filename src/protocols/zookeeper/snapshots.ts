import type { Context } from '../../contract/context.ts';
import type { TimeUs } from '../../kernel/time.ts';
import type { Zxid } from '../zab/zxid.ts';
import { ServiceRules } from './rules.ts';
import { beginSave, endSave, saveMore } from './tree/saved.ts';

/** Snapshots that nobody waits for: the tree is written piece by piece, and changes in between (fuzzy snapshots). */
export abstract class Snapshots extends ServiceRules {
  /** In place of Zab's, which is of one instant. */
  protected override takeSnapshot(ctx: Context): void {
    const { applied, timeUs, election, service } = this.state;
    if (service.writing?.election !== election) this.beginSnapshot(ctx, applied, timeUs);
  }

  /** It is named by what was applied when it was begun: the end of it would leave out what its beginning lacks. */
  protected beginSnapshot(ctx: Context, zxid: Zxid, timeUs: TimeUs): void {
    const { service, election } = this.state;
    service.writing = { zxid, timeUs, election, save: beginSave(this.tree) };
    this.writeSnapshot(ctx);
  }

  /**
   * One more piece. What is written is committed: this server has been in one role since it was begun. With the last
   * piece it goes to the disk, behind all that was applied meanwhile.
   */
  protected writeSnapshot(ctx: Context): void {
    const { service, election, applied } = this.state;
    const { writing } = service;
    if (writing === null || writing.election !== election) {
      service.writing = null;
      return;
    }
    const { save, zxid, timeUs } = writing;
    const { snapshotPiece, snapshotPauseUs } = this.serviceSettings;
    if (saveMore(this.tree, save, snapshotPiece)) return ctx.setTimer('snapshot', snapshotPauseUs);
    service.writing = null;
    this.keepSnapshot(ctx, zxid, timeUs, () => endSave(save, applied));
  }
}
