package main

import "time"

// began ties the monotonic clock to the wall clock once, as performance.timeOrigin does in Node: time stamps of all
// processes of a machine can be compared, and none goes backwards.
var began = time.Now()

// timeStamp is in milliseconds since 1970.
func timeStamp() float64 {
	return stampOf(time.Now())
}

func stampOf(at time.Time) float64 {
	return float64(began.UnixNano())/1e6 + float64(at.Sub(began))/1e6
}

func milliseconds(ms float64) time.Duration {
	return time.Duration(ms * float64(time.Millisecond))
}
