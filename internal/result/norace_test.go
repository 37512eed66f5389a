//go:build !race

package result

// raceDetector tells that the race detector is off.
const raceDetector = false
