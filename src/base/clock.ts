export { type Clock, ManualClock, systemClock } from '@evenkeel/xds/clock';
