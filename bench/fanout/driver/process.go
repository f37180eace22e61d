package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

var epoch = time.Now()

// now is monotonic nanoseconds since the driver started.
func now() int64 { return int64(time.Since(epoch)) }

// cpuTime is the user and system time of a process in nanoseconds, by the process's CPU clock: /proc has the same
// figure in ticks of 10 ms only, which is too coarse for one change.
func cpuTime(pid int) (int64, error) {
	const schedulerClock = 2
	var time unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|schedulerClock), &time); err != nil {
		return 0, fmt.Errorf("the CPU clock of process %d: %w", pid, err)
	}
	return time.Nano(), nil
}

// residentKiB is the resident set of a process.
func residentKiB(pid int) (int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, found := strings.CutPrefix(line, "VmRSS:"); found {
			return strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")))
		}
	}
	return 0, fmt.Errorf("process %d has no VmRSS", pid)
}
